//! The page as files: the module's parts, the glue, the style, the service worker; and all of it in one file.

use crate::page::{read, write};
use crate::split::ASK;
use std::fs;
use std::path::Path;

const STYLES: [&str; 4] = ["tokens.css", "drydock.css", "page.css", "files.css"];
/// What the glue hands to the module, by wasm-bindgen.
const HANDED: &str = "\"./drydock_bg.js\": import0,";
/// How the page begins. The second part and the service worker's copies wait for the first key or touch, or for five seconds,
/// so that nothing of a first load waits for them. Where a service worker has them already, both parts come from it at
/// once: a placeholder's own request passes service workers by, and would fail without a network.
const START: &str = "let rest = () => { rest = () => 0; ahead().then(() => navigator.serviceWorker?.register('./sw.js')).catch(() => 0); };
for (const of of ['keydown', 'pointerdown']) addEventListener(of, () => rest());
const first = fetch('./FIRST'), kept = navigator.serviceWorker?.controller ? ahead() : 0;
init({ module_or_path: Promise.resolve(kept).then(() => first) }).then(() => setTimeout(() => rest(), 5000));";

/// What a page is made of.
pub struct Page {
    /// The script of wasm-bindgen.
    pub glue: String,
    /// The part of the module that a first load fetches.
    pub first: Vec<u8>,
    /// The part that is fetched later.
    pub later: Vec<u8>,
    /// The module in one piece; empty where no single file is wanted.
    pub whole: Vec<u8>,
}

/// A short name for content, so that a new build is never mistaken for an old one.
fn fingerprint(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// A script or style without what only people read: comments, blank lines, indentation.
pub fn plain(text: &str) -> String {
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

/// Puts in place of one text another; it must be there once.
fn put(text: &str, old: &str, new: &str) -> Result<String, String> {
    if text.matches(old).count() == 1 {
        Ok(text.replace(old, new))
    } else {
        Err(format!("not there once: {old}"))
    }
}

impl Page {
    /// Writes a folder that any static host serves.
    pub fn write(&self, folder: &Path) -> Result<(), String> {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).map_err(|e| e.to_string())?;
        let mut style = String::new();
        for name in STYLES {
            style.push_str(&plain(&String::from_utf8_lossy(&read(&Path::new("web/style").join(name))?)));
        }
        let page = String::from_utf8_lossy(&read(Path::new("index.html"))?).into_owned();
        let head: String =
            page.lines().filter(|l| !l.contains("data-trunk")).map(|l| format!("{l}\n")).collect();
        let first_name = format!("drydock-{}.wasm", fingerprint(&self.first));
        let later_name = format!("drydock-later-{}.wasm", fingerprint(&self.later));
        let glue = self.two_parts(&later_name)?;
        let glue_name = format!("drydock-{}.js", fingerprint(glue.as_bytes()));
        let style_name = format!("drydock-{}.css", fingerprint(style.as_bytes()));
        let start = put(START, "FIRST", &first_name)?;
        let links = format!(
            "<link rel=\"stylesheet\" href=\"./{style_name}\">\n<script type=\"module\">import init, {{ ahead }} from './{glue_name}';\n{start}</script>\n</head>"
        );
        let index = put(&head, "</head>", &links)?;
        let files = [first_name, later_name, glue_name, style_name];
        write(&folder.join("sw.js"), worker(&fingerprint(index.as_bytes()), &files).as_bytes())?;
        write(&folder.join("index.html"), index.as_bytes())?;
        for (name, bytes) in files.iter().zip([&self.first, &self.later, glue.as_bytes(), style.as_bytes()]) {
            write(&folder.join(name), bytes)?;
        }
        if self.whole.is_empty() { Ok(()) } else { self.one_file(folder, &head, &style) }
    }

    /// The glue with what joins the second part.
    fn two_parts(&self, later_name: &str) -> Result<String, String> {
        let handed = format!("{HANDED}\n{}: {{ {} }},", ASK.0, ASK.1);
        let joins = String::from_utf8_lossy(&read(Path::new("web/later.js"))?).into_owned();
        Ok(put(&self.glue, HANDED, &handed)? + &put(&plain(&joins), "LATER", later_name)?)
    }

    /// All in one file, which opens from a disk.
    fn one_file(&self, folder: &Path, head: &str, style: &str) -> Result<(), String> {
        let script = put(&self.glue, "export { initSync, __wbg_init as default };", "")?;
        let one = format!(
            "<style>{style}</style>\n<script type=\"module\">\n{script}\nconst text = '{}';\nconst bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));\n__wbg_init({{ module_or_path: bytes }});\n</script>\n</head>",
            base64(&self.whole)
        );
        write(&folder.join("drydock.html"), put(head, "</head>", &one)?.as_bytes())
    }
}

/// The service worker: the page once loaded opens again without a network. What has a fingerprint in its name is taken
/// from the cache; the page itself from the network as long as there is one.
fn worker(version: &str, files: &[String]) -> String {
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
