//! The page's tests in Chromium, and how to come by one.

use std::process::{Command, Stdio};

/// What runs the tests.
const PROGRAMS: [&str; 2] = ["chromium", "chromedriver"];

fn is_there(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

/// Sees that programs are there; on Debian, with `CI=true`, installs the packages that bring them. Otherwise `how` says
/// what to do.
pub fn need(programs: &[&str], packages: &[&str], how: &str) -> Result<(), String> {
    let missing: Vec<&str> = programs.iter().copied().filter(|p| !is_there(p)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("== missing: {}", missing.join(", "));
    if std::env::var("CI").is_ok_and(|v| v == "true") && is_there("apt-get") {
        let install = [["install", "-y", "-qq"].as_slice(), packages].concat();
        for arguments in [["update", "-qq"].as_slice(), &install] {
            println!("   apt-get {}", arguments.join(" "));
            let _ = Command::new("apt-get")
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive")
                .stdout(Stdio::null())
                .status();
        }
        if programs.iter().copied().all(is_there) {
            return Ok(());
        }
    }
    Err(how.to_owned())
}

/// Sees that Chromium and its driver are there.
pub fn ready() -> Result<(), String> {
    need(
        &PROGRAMS,
        &["chromium", "chromium-driver"],
        "the page's tests need Chromium and its driver\n   Debian, Ubuntu: apt-get install chromium chromium-driver\n   Fedora: dnf install chromium chromedriver\n   macOS: brew install chromium chromedriver",
    )
}

/// Runs the page's tests.
pub fn test() -> Result<(), String> {
    ready()?;
    super::page::hash_page()?;
    super::cargo("the page in Chromium", &["test", "-p", "drydock-browser", "--", "--test-threads=2"])
}

/// Measures how long the page takes for a frame.
pub fn frame_time() -> Result<(), String> {
    ready()?;
    super::page::dist()?;
    let arguments = ["test", "-p", "drydock-browser", "--", "--ignored", "--nocapture", "frame_time"];
    super::cargo("the frame time", &arguments)
}

/// Runs the first story on a page that remembers which functions ran, and says which did not.
pub fn cold() -> Result<(), String> {
    ready()?;
    let arguments = ["test", "-p", "drydock-browser", "--", "--ignored", "--exact", "cold"];
    super::page::cold(|| super::cargo("the first story", &arguments))
}
