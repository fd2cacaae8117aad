//! A Chromium that is driven over WebDriver, and ends with the test.

use super::server::Server;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use thirtyfour::prelude::*;

/// What a step of a test comes to.
pub type Outcome = WebDriverResult<()>;

/// The driver's process; it ends when this is dropped.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A page in Chromium.
#[derive(Clone)]
pub struct Page {
    /// The browser.
    pub driver: WebDriver,
    /// What serves the page.
    pub server: Server,
}

/// The folder of the whole project.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the project's folder is there")
}

/// Waits so many milliseconds.
pub async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

fn start() -> (Driver, u16) {
    let mut child = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver is installed (Debian: apt-get install chromium chromium-driver)");
    let output = child.stdout.take().expect("its output is a pipe");
    let driver = Driver(child);
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if let Some((_, port)) = line.split_once("successfully on port ") {
            if let Ok(port) = port.trim_end_matches('.').parse() {
                return (driver, port);
            }
        }
    }
    panic!("chromedriver did not say its port");
}

/// What collects errors before anything of the page runs.
const COLLECT: &str = "window.seenErrors=[];
addEventListener('error',e=>seenErrors.push(String(e.message||(e.target&&(e.target.src||e.target.href)))),true);
addEventListener('unhandledrejection',e=>seenErrors.push(String(e.reason)));
const old=console.error;console.error=(...all)=>{seenErrors.push(all.join(' '));old(...all)};";

/// Runs a test with a window of this size.
pub fn with_page<F: Future<Output = Outcome>>(width: u32, height: u32, test: impl FnOnce(Page) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let (process, port) = start();
    let ready = runtime.block_on(async {
        let mut wanted = DesiredCapabilities::chrome();
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
        ] {
            wanted.add_arg(argument)?;
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await?;
        let page = Page { driver: driver.clone(), server: Server::start(root()) };
        page.resize(width, height).await?;
        let tools = driver.cdp();
        let source = serde_json::json!({ "source": COLLECT });
        tools.send_raw("Page.addScriptToEvaluateOnNewDocument", source).await?;
        WebDriverResult::Ok((driver, page))
    });
    let (driver, page) = ready.unwrap_or_else(|error| panic!("{error}"));
    // A test that fails must end its browser as well.
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(test(page))));
    let ended = runtime.block_on(driver.quit());
    drop(process);
    match outcome {
        Err(panic) => resume_unwind(panic),
        Ok(outcome) => outcome.and(ended).unwrap_or_else(|error| panic!("{error}")),
    }
}

impl Page {
    /// Gives the window another inner size.
    pub async fn resize(&self, width: u32, height: u32) -> Outcome {
        let tools = self.driver.cdp();
        let size =
            serde_json::json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        tools.send_raw("Emulation.setDeviceMetricsOverride", size).await?;
        Ok(())
    }
    /// Pretends that the person's system asks for something, such as `prefers-reduced-motion: reduce`.
    pub async fn prefer(&self, name: &str, value: &str) -> Outcome {
        let tools = self.driver.cdp();
        let media = serde_json::json!({ "features": [{ "name": name, "value": value }] });
        tools.send_raw("Emulation.setEmulatedMedia", media).await?;
        Ok(())
    }
    /// Takes the network away.
    pub async fn offline(&self) -> Outcome {
        let tools = self.driver.cdp();
        let none = serde_json::json!({ "offline": true, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0 });
        tools.send_raw("Network.enable", serde_json::json!({})).await?;
        tools.send_raw("Network.emulateNetworkConditions", none).await?;
        Ok(())
    }
    /// Opens an address and waits for the page.
    pub async fn goto(&self, address: &str) -> Outcome {
        self.driver.goto(address).await
    }
    /// Opens the page as it is served below a path.
    pub async fn open(&self) -> Outcome {
        self.goto(&self.server.at("some/class/dist/index.html")).await?;
        self.wait("document.querySelector('#prompt')").await
    }
    /// Evaluates an expression of JavaScript.
    pub async fn ask(&self, expression: &str) -> WebDriverResult<serde_json::Value> {
        let script = format!("return {expression};");
        Ok(self.driver.execute(script, Vec::new()).await?.json().clone())
    }
    /// The text that an expression comes to.
    pub async fn text(&self, expression: &str) -> WebDriverResult<String> {
        Ok(self.ask(expression).await?.as_str().unwrap_or_default().to_owned())
    }
    /// The figure that an expression comes to.
    pub async fn figure(&self, expression: &str) -> WebDriverResult<f64> {
        Ok(self.ask(expression).await?.as_f64().unwrap_or(f64::NAN))
    }
    /// Waits until an expression is true.
    pub async fn wait(&self, expression: &str) -> Outcome {
        for _ in 0..500 {
            if self.ask(&format!("!!({expression})")).await? == serde_json::Value::Bool(true) {
                return Ok(());
            }
            pause(50).await;
        }
        self.shot("failed").await?;
        let errors = self.ask("window.seenErrors").await?;
        panic!("it never came to be: {expression}\n{}\n{errors}", self.screen().await?);
    }
    /// What stands in the terminal.
    pub async fn screen(&self) -> WebDriverResult<String> {
        self.text("document.querySelector('.term pre')?.innerText ?? document.body.innerText").await
    }
    /// Waits until the terminal has this text.
    pub async fn wait_for_text(&self, text: &str) -> Outcome {
        let text = serde_json::Value::from(text);
        self.wait(&format!("document.querySelector('.term pre')?.innerText.includes({text})")).await
    }
    /// Waits until the shell asks for a line.
    pub async fn wait_for_prompt(&self) -> Outcome {
        self.wait("document.querySelector('.prompt .pr')?.textContent.trim().endsWith('$')").await
    }
    /// Types a line and Enter, once the shell asks for it.
    pub async fn enter(&self, line: &str) -> Outcome {
        self.wait_for_prompt().await?;
        let prompt = self.driver.find(By::Id("prompt")).await?;
        prompt.send_keys(line.to_owned() + Key::Enter).await
    }
    /// Presses the button with this name.
    pub async fn press(&self, name: &str) -> Outcome {
        let button = format!("document.querySelector('button[aria-label^=\"{name}\"]')");
        self.ask(&format!("{button}.click()")).await?;
        Ok(())
    }
    /// Goes to a moment, in microseconds.
    pub async fn seek(&self, to: f64) -> Outcome {
        let script = format!(
            "(r => {{ r.value = {to}; r.dispatchEvent(new InputEvent('input', {{bubbles: true}})); return 0 }})(document.querySelector('.scrub input'))"
        );
        self.ask(&script).await?;
        pause(60).await;
        Ok(())
    }
    /// Keeps what is seen as a picture.
    pub async fn shot(&self, name: &str) -> Outcome {
        let folder = root().join("target/screens");
        std::fs::create_dir_all(&folder).expect("the folder of screens");
        let picture = self.driver.screenshot_as_png().await?;
        std::fs::write(folder.join(format!("{name}.png")), &picture).expect("the picture is written");
        if name == "overview" && std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(root().join("docs/overview.png"), &picture).expect("the picture is written");
        }
        Ok(())
    }
    /// Nothing was complained about.
    pub async fn no_errors(&self) -> Outcome {
        assert_eq!(self.ask("window.seenErrors").await?, serde_json::json!([]));
        Ok(())
    }
}
