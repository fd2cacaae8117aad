//! The page: built with the library behind wasm-bindgen, bundled, packed into one file, weighed and served.

use crate::bundle::{Page, plain};
use crate::split;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The most that a first load may weigh, compressed with brotli, in bytes.
const BUDGET: usize = 600_000;
/// The list of what is fetched later.
const LIST: &str = "web/later.txt";
/// What the split needs to be told by the compiler and the linker: full names, and who refers to whom.
const TOLD: &str = "-Csymbol-mangling-version=v0 -Clink-arg=--emit-relocs";

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
    small.env(
        "RUSTFLAGS",
        format!("-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none {TOLD}"),
    );
    println!("== {program}: {small:?}");
    if small.status().is_ok_and(|s| s.success()) {
        return Ok(());
    }
    println!("   not with a library of its own: with the usual one");
    let usual = Command::new("cargo").args(arguments).env("RUSTFLAGS", TOLD).status();
    if usual.is_ok_and(|s| s.success()) { Ok(()) } else { Err(format!("{program}: failed")) }
}

/// A module as it was linked, and as wasm-bindgen made it, with the names of functions; and the glue.
struct Built {
    linked: Vec<u8>,
    wasm: Vec<u8>,
    glue: String,
}

/// Builds a program for the browser.
fn build(package: &str, program: &str) -> Result<Built, String> {
    let arguments =
        ["build", "-p", package, "--bin", program, "--target", "wasm32-unknown-unknown", "--profile", "page"];
    compile(program, &arguments)?;
    let linked = target().join("wasm32-unknown-unknown/page").join(format!("{program}.wasm"));
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(&linked).out_name("drydock").omit_default_module_path(false).demangle(false);
    let mut made = bindgen
        .web(true)
        .and_then(wasm_bindgen_cli_support::Bindgen::generate_output)
        .map_err(|e| format!("wasm-bindgen: {e:#}"))?;
    let glue = plain(made.js());
    Ok(Built { linked: read(&linked)?, wasm: made.wasm_mut().emit_wasm(), glue })
}

fn list() -> Result<String, String> {
    fs::read_to_string(LIST).map_err(|e| format!("{LIST}: {e}"))
}

/// Builds the page into `dist/`.
pub fn dist() -> Result<(), String> {
    let built = build("drydock-web", "drydock-web")?;
    let parts = split::split(&built.wasm, &built.linked, &list()?)?;
    let page = Page {
        glue: built.glue,
        first: optimise(parts.first)?,
        later: optimise(parts.later)?,
        whole: optimise(split::plain(&built.wasm)?)?,
    };
    page.write(Path::new("dist"))?;
    println!("   dist/ holds the page, and dist/drydock.html all of it in one file");
    Ok(())
}

/// Builds what computes the story's hash in a browser, into `hash-page/` of the target folder.
pub fn hash_page() -> Result<(), String> {
    let built = build("drydock-browser", "hash")?;
    let folder = target().join("hash-page");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    write(&folder.join("drydock.js"), built.glue.as_bytes())?;
    write(&folder.join("drydock_bg.wasm"), &split::plain(&built.wasm)?)?;
    let page = "<!doctype html><title>-</title><script type=module>import init from './drydock.js'; init();</script>";
    write(&folder.join("index.html"), page.as_bytes())
}

/// Builds a page that remembers which functions ran, into `cold-page/` of the target folder, has `story` run on it, and
/// says what did not run.
pub fn cold(story: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    let built = build("drydock-web", "drydock-web")?;
    let page = Page {
        glue: built.glue + "window.ran = () => new Uint8Array(wasm.ran.buffer).join('');\n",
        first: split::instrument(&built.wasm)?,
        later: split::plain(&built.wasm)?,
        whole: Vec::new(),
    };
    let folder = target().join("cold-page");
    page.write(&folder)?;
    story()?;
    split::report(&built.wasm, &built.linked, &list()?, &read(&folder.join("ran.txt"))?)
}

/// Makes a module smaller, where a binaryen that can read it is at hand.
fn optimise(wasm: Vec<u8>) -> Result<Vec<u8>, String> {
    let (large, small) = (target().join("large.wasm"), target().join("small.wasm"));
    write(&large, &wasm)?;
    let arguments =
        [large.as_os_str(), "-Oz".as_ref(), "--all-features".as_ref(), "-o".as_ref(), small.as_os_str()];
    match Command::new("wasm-opt").args(arguments).output() {
        Ok(output) if output.status.success() => {
            println!("   wasm-opt made the module smaller");
            read(&small)
        }
        _ => Ok(wasm),
    }
}

pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|e| format!("{}: {e}", path.display()))
}

pub fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}

/// Weighs the page: what a first load fetches, and what is fetched later.
pub fn size() -> Result<(), String> {
    let mut sums = [0, 0];
    for (which, what) in [
        "the first load: the page drawn, and the first story told",
        "fetched later, at the first key, touch or after five seconds",
    ]
    .iter()
    .enumerate()
    {
        println!("== {what}");
        let entries = fs::read_dir("dist").map_err(|e| format!("dist: {e}"))?;
        let mut names: Vec<_> =
            entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        // The single file is another way to have it all. The service worker is fetched together with its copies.
        for name in names.iter().filter(|n| *n != "drydock.html") {
            if usize::from(name.starts_with("drydock-later-") || name == "sw.js") == which {
                let bytes = read(&Path::new("dist").join(name))?;
                let packed = packed(&bytes)?;
                sums[which] += packed;
                println!("   {:>8} B, {packed:>7} B brotli  {name}", bytes.len());
            }
        }
        println!("             {:>9} B brotli together", sums[which]);
    }
    let [first, later] = sums;
    println!(
        "== the first load is {first} B brotli, its budget {BUDGET} B; with what comes later {} B",
        first + later
    );
    if first > BUDGET { Err(format!("over the budget by {} B", first - BUDGET)) } else { Ok(()) }
}

fn packed(bytes: &[u8]) -> Result<usize, String> {
    let mut packed = Vec::new();
    let mut reader = brotli::CompressorReader::new(bytes, 4096, 11, 22);
    reader.read_to_end(&mut packed).map_err(|e| e.to_string())?;
    Ok(packed.len())
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
