//! The recordings made anew: a Docker engine of its own is started, asked every scenario, and compared with.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What the image `busybox:latest` of the recordings is made of: the applets, and the accounts.
const IMAGE: &str = r#"set -e
mkdir -p bin etc tmp root home dev proc sys lib lib64 usr/bin usr/sbin var/spool var/www
chmod 1777 tmp; chmod 700 root
cp "$1" bin/busybox
for name in $(bin/busybox --list); do [ -e "bin/$name" ] || ln bin/busybox "bin/$name"; done
echo 'root:x:0:0:root:/root:/bin/sh' > etc/passwd
printf 'root:x:0:\ndaemon:x:1:\nbin:x:2:\nwww-data:x:33:\nnobody:x:65534:\n' > etc/group
tar -c . | docker import -c 'CMD ["sh"]' - busybox:latest
"#;

/// A process that ends with its holder.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

/// A folder that goes with its holder.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn has(program: &str) -> bool {
    let found =
        Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

/// Why an engine cannot be started here, and what to do about it.
fn missing() -> Option<String> {
    let need =
        [("dockerd", "docker.io"), ("docker", "docker.io"), ("unshare", "util-linux"), ("ip", "iproute2")];
    for (program, package) in need.into_iter().chain([("python3", "python3"), ("busybox", "busybox-static")])
    {
        if !has(program) {
            return Some(format!("there is no {program}: apt-get install {package}"));
        }
    }
    let out = Command::new("id").arg("-u").output().ok()?;
    (out.stdout != b"0\n").then(|| "dockerd has to be started as root".to_owned())
}

/// Starts an engine in a network of its own, so that it meets neither the host's ports nor another engine.
fn engine(folder: &Path) -> Result<Running, String> {
    let at = |name: &str| folder.join(name).display().to_string();
    let log = std::fs::File::create(folder.join("dockerd.log")).map_err(|e| e.to_string())?;
    let script = "ip link set lo up; exec dockerd \"$@\"";
    let child = Command::new("unshare")
        .args([
            "--net",
            "sh",
            "-c",
            script,
            "dockerd",
            "--data-root",
            &at("data"),
            "--exec-root",
            &at("exec"),
        ])
        .args(["--host", &format!("unix://{}", at("socket")), "--pidfile", &at("pid")])
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(|e| format!("dockerd: {e}"))?;
    let mut running = Running(child);
    for _ in 0..120 {
        if docker(folder).arg("version").output().is_ok_and(|out| out.status.success()) {
            return Ok(running);
        }
        if running.0.try_wait().is_ok_and(|status| status.is_some()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(250));
    }
    let log = std::fs::read_to_string(folder.join("dockerd.log")).unwrap_or_default();
    Err(format!("dockerd does not answer: {}", log.lines().last().unwrap_or_default()))
}

fn docker(folder: &Path) -> Command {
    let mut command = Command::new("docker");
    command.env("DOCKER_HOST", format!("unix://{}", folder.join("socket").display()));
    command
}

/// Runs a program in the network of the engine.
fn beside(engine: &Running, program: &str) -> Command {
    let mut command = Command::new("nsenter");
    command.args(["--net", "--target", &engine.0.id().to_string(), program]);
    command
}

/// An empty registry at localhost:5000, where Debian's package is installed.
fn registry(engine: &Running, folder: &Path) -> Result<Option<Running>, String> {
    if !has("docker-registry") {
        println!("there is no docker-registry (apt-get install docker-registry): registry-* are left out");
        return Ok(None);
    }
    let text = format!(
        "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \":5000\"}}\n",
        folder.join("registry").display()
    );
    let settings = folder.join("registry.yml");
    std::fs::write(&settings, text).map_err(|e| e.to_string())?;
    let child = beside(engine, "docker-registry")
        .arg("serve")
        .arg(settings)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("docker-registry: {e}"))?;
    Ok(Some(Running(child)))
}

fn scenarios(directory: &str, registry: bool) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(directory).map_err(|e| format!("{directory}: {e}"))?;
    let mut all: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "sh"))
        .filter(|path| registry || !path.to_string_lossy().contains("/registry-"))
        .collect();
    all.sort();
    Ok(all)
}

/// Records the scenarios of a directory with an engine of its own, and compares the simulator with what it said.
pub fn oracle(recordings: &str, directory: &str) -> Result<(), String> {
    if let Some(why) = missing() {
        return Err(format!("no engine can be asked here: {why}"));
    }
    super::cargo("the binary", &["build", "-p", "drydock"])?;
    let folder = Folder(std::env::temp_dir().join(format!("drydock-oracle-{}", std::process::id())));
    std::fs::create_dir_all(folder.0.join("image")).map_err(|e| e.to_string())?;
    let engine = engine(&folder.0)?;
    let _registry = registry(&engine, &folder.0)?;
    let host = format!("unix://{}", folder.0.join("socket").display());
    let busybox =
        Command::new("sh").args(["-c", "command -v busybox"]).output().map_err(|e| e.to_string())?;
    let made = Command::new("sh")
        .args(["-c", IMAGE, "sh", String::from_utf8_lossy(&busybox.stdout).trim()])
        .current_dir(folder.0.join("image"))
        .env("DOCKER_HOST", &host)
        .status();
    if !made.is_ok_and(|status| status.success()) {
        return Err("busybox could not be imported".to_owned());
    }
    let mut fresh = Vec::new();
    for scenario in scenarios(directory, _registry.is_some())? {
        let copy = folder.0.join(scenario.file_name().unwrap_or_default());
        std::fs::copy(&scenario, &copy).map_err(|e| e.to_string())?;
        let mut record = beside(&engine, "python3");
        record.arg(format!("{recordings}/record.py")).arg(&copy).env("DOCKER_HOST", &host);
        if !docker(&folder.0).args(["buildx", "version"]).output().is_ok_and(|out| out.status.success()) {
            record.env("DOCKER_BUILDKIT", "0");
        }
        if !record.status().is_ok_and(|status| status.success()) {
            return Err(format!("{} could not be recorded", scenario.display()));
        }
        fresh.push(copy.with_extension("json"));
    }
    let kept = fresh.iter().map(|path| Path::new(directory).join(path.file_name().unwrap_or_default()));
    let kept: Vec<PathBuf> = kept.filter(|path| path.is_file()).collect();
    compare("this engine", recordings, &fresh)?;
    if kept.is_empty() { Ok(()) } else { compare("the recordings", recordings, &kept) }
}

fn compare(with: &str, recordings: &str, files: &[PathBuf]) -> Result<(), String> {
    println!("== the simulator and {with}");
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let status = Command::new("python3")
        .arg(format!("{recordings}/compare.py"))
        .args(["--show", "3"])
        .args(files)
        .args(["--", &format!("{target}/debug/drydock"), "--json", "--registry"])
        .status();
    if status.is_ok_and(|s| s.success()) { Ok(()) } else { Err("compare.py failed".to_owned()) }
}
