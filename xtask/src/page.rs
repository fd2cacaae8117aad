//! The page: built with the library behind wasm-bindgen, bundled, packed into one file, weighed and served.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

const STYLES: [&str; 4] = ["tokens.css", "drydock.css", "page.css", "files.css"];
/// The most that a first load may weigh, compressed with brotli, in bytes. First light had 600,000 and weighed 581,008; what
/// came since (ARCHITECTURE.md, "What the page weighs") needs the rest.
const BUDGET: usize = 700_000;

/// The folder for what is built.
pub fn target() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned()))
}

/// Adds a part of the toolchain where it is missing: `target` or `component`.
fn add(kind: &str, name: &str) {
    println!("== the {kind} {name}");
    let list = Command::new("rustup").args([kind, "list", "--installed"]).output();
    let there = list.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).lines().any(|l| l == name));
    if !there {
        println!("   missing: rustup {kind} add {name}");
        let _ = Command::new("rustup").args([kind, "add", name]).status();
    }
}

/// Compiles for the browser with a standard library of the page's own profile, whose panics carry no text: a
/// fifteenth less to load. Cargo keeps that behind a switch; where it is not to be had, the usual library serves.
fn compile(program: &str, arguments: &[&str]) -> Result<(), String> {
    add("target", "wasm32-unknown-unknown");
    add("component", "rust-src");
    let mut small = Command::new("cargo");
    small.args(arguments).args(["-Zbuild-std=std", "-Zbuild-std-features=optimize_for_size"]);
    small.env("RUSTC_BOOTSTRAP", "1");
    small.env("RUSTFLAGS", "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none");
    println!("== {program}: {small:?}");
    if small.status().is_ok_and(|s| s.success()) {
        return Ok(());
    }
    println!("   not with a library of its own: with the usual one");
    super::cargo(program, arguments)
}

/// Builds a program for the browser; the folder with its module and glue.
fn bindgen(package: &str, program: &str) -> Result<PathBuf, String> {
    let arguments =
        ["build", "-p", package, "--bin", program, "--target", "wasm32-unknown-unknown", "--profile", "page"];
    compile(program, &arguments)?;
    let wasm = target().join("wasm32-unknown-unknown/page").join(format!("{program}.wasm"));
    let out = target().join("bindgen").join(program);
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_path(&wasm)
        .out_name("drydock")
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.web(true).and_then(|b| b.generate(&out)).map_err(|e| format!("wasm-bindgen: {e:#}"))?;
    Ok(out)
}

/// Builds the page into `dist/`.
pub fn dist() -> Result<(), String> {
    let out = bindgen("drydock-web", "drydock-web")?;
    optimise(&out.join("drydock_bg.wasm"));
    bundle(&out)
}

/// Builds what computes the story's hash in a browser, into `hash-page/` of the target folder.
pub fn hash_page() -> Result<(), String> {
    let out = bindgen("drydock-browser", "hash")?;
    let folder = target().join("hash-page");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    for name in ["drydock.js", "drydock_bg.wasm"] {
        write(&folder.join(name), &read(&out.join(name))?)?;
    }
    let page = "<!doctype html><title>-</title><script type=module>import init from './drydock.js'; init();</script>";
    write(&folder.join("index.html"), page.as_bytes())
}

/// Makes the module smaller, where a binaryen that can read it is at hand.
fn optimise(wasm: &Path) {
    let smaller = wasm.with_extension("small");
    let arguments =
        [wasm.as_os_str(), "-Oz".as_ref(), "--all-features".as_ref(), "-o".as_ref(), smaller.as_os_str()];
    match Command::new("wasm-opt").args(arguments).output() {
        Ok(output) if output.status.success() => {
            let _ = fs::rename(&smaller, wasm);
            println!("   wasm-opt made the module smaller");
        }
        _ => println!("   no wasm-opt that can read the module: it stays as it is"),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}

/// A short name for content, so that a new build is never mistaken for an old one.
fn fingerprint(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// A script or style without what only people read: comments, blank lines, indentation.
fn plain(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    let lines = kept.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("//"));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn bundle(out: &Path) -> Result<(), String> {
    let dist = Path::new("dist");
    let _ = fs::remove_dir_all(dist);
    fs::create_dir_all(dist).map_err(|e| e.to_string())?;
    let (glue, wasm) = (read(&out.join("drydock.js"))?, read(&out.join("drydock_bg.wasm"))?);
    let glue = plain(&String::from_utf8_lossy(&glue)).into_bytes();
    let mut style = String::new();
    for name in STYLES {
        style.push_str(&plain(&String::from_utf8_lossy(&read(&Path::new("web/style").join(name))?)));
    }
    let page = String::from_utf8_lossy(&read(Path::new("index.html"))?).into_owned();
    let head: String = page.lines().filter(|l| !l.contains("data-trunk")).map(|l| format!("{l}\n")).collect();
    let (wasm_name, glue_name, style_name) = (
        format!("drydock-{}.wasm", fingerprint(&wasm)),
        format!("drydock-{}.js", fingerprint(&glue)),
        format!("drydock-{}.css", fingerprint(style.as_bytes())),
    );
    let links = format!(
        "<link rel=\"stylesheet\" href=\"./{style_name}\">\n<script type=\"module\">import init from './{glue_name}'; init({{ module_or_path: './{wasm_name}' }}); navigator.serviceWorker?.register('./sw.js').catch(() => 0);</script>\n</head>"
    );
    let index = head.replace("</head>", &links);
    let version = fingerprint(index.as_bytes());
    write(&dist.join("sw.js"), worker(&version, &[&wasm_name, &glue_name, &style_name]).as_bytes())?;
    write(&dist.join("index.html"), index.as_bytes())?;
    write(&dist.join(&wasm_name), &wasm)?;
    write(&dist.join(&glue_name), &glue)?;
    write(&dist.join(&style_name), style.as_bytes())?;
    let script = String::from_utf8_lossy(&glue)
        .replace("export { initSync, __wbg_init as default };", "")
        .replace("export {", "const unused = {");
    let one = format!(
        "<style>{style}</style>\n<script type=\"module\">\n{script}\nconst text = '{}';\nconst bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));\n__wbg_init({{ module_or_path: bytes }});\n</script>\n</head>",
        base64(&wasm)
    );
    write(&dist.join("drydock.html"), head.replace("</head>", &one).as_bytes())?;
    println!("   dist/ holds the page, and dist/drydock.html all of it in one file");
    Ok(())
}

/// The service worker: the page once loaded opens again without a network. What has a fingerprint in its name is taken
/// from the cache; the page itself from the network as long as there is one.
fn worker(version: &str, files: &[&str]) -> String {
    let list: Vec<String> = files.iter().map(|f| format!("'./{f}'")).collect();
    format!(
        "const name = 'drydock-{version}', files = ['./', {}];\n\
         addEventListener('install', e => e.waitUntil(caches.open(name).then(c => c.addAll(files)).then(() => skipWaiting())));\n\
         addEventListener('activate', e => e.waitUntil(caches.keys().then(all => Promise.all(all.filter(k => k.startsWith('drydock-') && k !== name).map(k => caches.delete(k)))).then(() => clients.claim())));\n\
         addEventListener('fetch', e => {{ if (e.request.method !== 'GET') return;\n\
         const kept = () => caches.match(e.request.mode === 'navigate' ? './' : e.request);\n\
         e.respondWith(e.request.mode === 'navigate' ? fetch(e.request).catch(kept) : kept().then(r => r || fetch(e.request))); }});\n",
        list.join(", ")
    )
}

/// RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().enumerate().fold(0_u32, |w, (n, b)| w | u32::from(*b) << (16 - 8 * n));
        for n in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * n) & 63) as usize];
            out.push(if n <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// Weighs what a first load fetches.
pub fn size() -> Result<(), String> {
    println!("== the size of the first load");
    let mut total = 0;
    let entries = fs::read_dir("dist").map_err(|e| format!("dist: {e}"))?;
    for entry in entries.flatten().filter(|e| e.file_name() != "drydock.html") {
        let bytes = read(&entry.path())?;
        let mut packed = Vec::new();
        let mut reader = brotli::CompressorReader::new(bytes.as_slice(), 4096, 11, 22);
        reader.read_to_end(&mut packed).map_err(|e| e.to_string())?;
        total += packed.len();
        println!(
            "   {:>8} B, {:>7} B brotli  {}",
            bytes.len(),
            packed.len(),
            entry.file_name().to_string_lossy()
        );
    }
    println!("   {total} B brotli in all; the budget is {BUDGET} B");
    if total > BUDGET { Err(format!("over the budget by {} B", total - BUDGET)) } else { Ok(()) }
}

/// Builds the page, serves it on this machine, and opens a browser.
pub fn serve() -> Result<(), String> {
    dist()?;
    let listener = TcpListener::bind("127.0.0.1:8080").map_err(|e| format!("127.0.0.1:8080: {e}"))?;
    println!("== http://127.0.0.1:8080 (Ctrl-C ends it)");
    if !std::env::args().any(|a| a == "--no-open") {
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        let _ = Command::new(opener).arg("http://127.0.0.1:8080").spawn();
    }
    for stream in listener.incoming().flatten() {
        let _ = answer(stream);
    }
    Ok(())
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or("/").split('?').next().unwrap_or("/").trim_start_matches('/');
    let name = if path.is_empty() { "index.html" } else { path };
    let kind = match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    let plain = !name.contains("..");
    match fs::read(Path::new("dist").join(name)).ok().filter(|_| plain) {
        Some(bytes) => {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n",
                bytes.len()
            );
            stream.write_all(head.as_bytes())?;
            stream.write_all(&bytes)
        }
        None => stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    }
}
