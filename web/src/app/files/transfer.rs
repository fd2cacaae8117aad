//! Files that come from the learner's computer and go there: dropped, chosen, downloaded.

use super::intake::{is_archive, read};
use super::{App, Deed, deed};
use crate::app::Panel;
use crate::desk::{self, HOME, short};
use drydock::cli::units::human_size;
use drydock::desk::Change;
use drydock::engine::syscall::FileKind;
use drydock::files::archive;
use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::wasm_bindgen::prelude::Closure;
use web_sys::wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Blob, DragEvent, Event, File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry, HtmlAnchorElement, HtmlInputElement, Url,
};
use yew::html::Scope;
use yew::{Context, TargetCast};

/// The most files that are taken at once, and the most bytes: the session is kept in the browser.
const MOST: (usize, f64) = (400, 2_000_000.0);
/// Folders that are made anew from what lies beside them.
const LEFT_OUT: [&str; 3] = ["node_modules", ".git", "__pycache__"];

/// What came from outside.
pub enum Brought {
    /// Files by their paths from the working directory, and the folders that were left out.
    Files(Vec<(String, Vec<u8>)>, Vec<String>),
    /// It was not taken, and why.
    Refused(String),
}

/// What is to be read: a file with its path, or an entry of a file system with the path above it.
enum Item {
    File(String, File),
    Entry(String, FileSystemEntry),
}

/// Files were chosen in the browser's own dialog.
pub fn chosen(event: &Event, link: &Scope<App>) {
    let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
    let files = input.files();
    let count = files.as_ref().map_or(0, web_sys::FileList::length);
    let items = (0..count).filter_map(|n| files.as_ref()?.get(n)).map(|f| Item::File(f.name(), f)).collect();
    take(items, link.clone());
    input.set_value("");
}

/// Something was dropped on the page.
pub fn dropped(event: &DragEvent, link: &Scope<App>) {
    let Some(data) = event.data_transfer() else { return };
    let items = data.items();
    let mut all = Vec::new();
    for item in (0..items.length()).filter_map(|n| items.get(n)).filter(|item| item.kind() == "file") {
        match item.webkit_get_as_entry() {
            Ok(Some(entry)) => all.push(Item::Entry(String::new(), entry)),
            _ => all.extend(item.get_as_file().ok().flatten().map(|f| Item::File(f.name(), f))),
        }
    }
    if !all.is_empty() {
        event.prevent_default();
        take(all, link.clone());
    }
}

/// Takes an archive that holds no image as the file it is.
pub fn take_as_file(file: File, link: Scope<App>) {
    collect(vec![Item::File(file.name(), file)], link);
}

fn take(items: Vec<Item>, link: Scope<App>) {
    // An archive that comes alone may hold images.
    match items.as_slice() {
        [Item::File(name, file)] if is_archive(name) => read(file.clone(), link),
        [Item::Entry(_, entry)] if entry.is_file() && is_archive(&entry.name()) => {
            let entry: FileSystemFileEntry = entry.clone().unchecked_into();
            spawn_local(async move {
                match file_of(&entry).await {
                    Ok(file) => read(file, link),
                    Err(words) => link.send_message(deed(Deed::Brought(Brought::Refused(words)))),
                }
            });
        }
        _ => collect(items, link),
    }
}

fn collect(items: Vec<Item>, link: Scope<App>) {
    spawn_local(async move {
        let brought = match gather(items).await {
            Ok((files, left_out)) => Brought::Files(files, left_out),
            Err(words) => Brought::Refused(words),
        };
        link.send_message(deed(Deed::Brought(brought)));
    });
}

async fn gather(mut items: Vec<Item>) -> Result<(Vec<(String, Vec<u8>)>, Vec<String>), String> {
    let (mut files, mut left_out, mut bytes) = (Vec::new(), Vec::new(), 0.0);
    items.reverse();
    while let Some(item) = items.pop() {
        let (path, file) = match item {
            Item::File(path, file) => (path, file),
            Item::Entry(above, entry) => {
                let path = format!("{above}{}", entry.name());
                if entry.is_directory() {
                    if LEFT_OUT.contains(&entry.name().as_str()) {
                        left_out.push(path);
                        continue;
                    }
                    let entries = entries(&entry.unchecked_into()).await?;
                    items.extend(entries.into_iter().rev().map(|e| Item::Entry(format!("{path}/"), e)));
                    continue;
                }
                (path, file_of(&entry.unchecked_into()).await?)
            }
        };
        bytes += file.size();
        if files.len() >= MOST.0 || bytes > MOST.1 {
            let limit = human_size(MOST.1 as u64);
            return Err(format!(
                "Nothing was taken: with {path} it is {} in {} files, and at most {limit} in {} files can be taken at once. The tar of an image may be larger.",
                human_size(bytes as u64),
                files.len() + 1,
                MOST.0
            ));
        }
        files.push((path, content(&file).await?));
    }
    Ok((files, left_out))
}

/// The words of what JavaScript threw.
fn words(error: &JsValue) -> String {
    error
        .as_string()
        .or_else(|| js_sys::Object::from(error.clone()).to_string().as_string())
        .unwrap_or_default()
}

/// The bytes of a file or of a part of one.
pub async fn content(blob: &Blob) -> Result<Vec<u8>, String> {
    let buffer = JsFuture::from(blob.array_buffer()).await.map_err(|e| words(&e))?;
    Ok(Uint8Array::new(&buffer).to_vec())
}

/// Asks for something that answers by one of two callbacks.
async fn ask(call: impl FnOnce(&js_sys::Function, &js_sys::Function)) -> Result<JsValue, String> {
    let mut call = Some(call);
    let promise = Promise::new(&mut |done, failed| {
        if let Some(call) = call.take() {
            call(&done, &failed);
        }
    });
    JsFuture::from(promise).await.map_err(|e| words(&e))
}

async fn file_of(entry: &FileSystemFileEntry) -> Result<File, String> {
    let found = ask(|done, failed| entry.file_with_callback_and_callback(done, failed)).await?;
    Ok(found.unchecked_into())
}

async fn entries(directory: &FileSystemDirectoryEntry) -> Result<Vec<FileSystemEntry>, String> {
    let reader: FileSystemDirectoryReader = directory.create_reader();
    let mut all = Vec::new();
    // A reader hands out a hundred at a time, and none at the end.
    loop {
        let some = ask(|done, failed| {
            let _ = reader.read_entries_with_callback_and_callback(done, failed);
        });
        let some: Array = some.await?.unchecked_into();
        if some.length() == 0 || all.len() > MOST.0 {
            return Ok(all);
        }
        all.extend(some.iter().map(JsCast::unchecked_into));
    }
}

impl App {
    pub(super) fn brought(&mut self, brought: Brought) {
        self.panel = Panel::Files;
        let (files, left_out) = match brought {
            Brought::Refused(words) => {
                self.desk.note = words;
                return;
            }
            Brought::Files(files, left_out) => (files, left_out),
        };
        let directory = desk::directory(self.world());
        let base = directory.trim_end_matches('/');
        let mut tops: Vec<String> =
            files.iter().filter_map(|(path, _)| path.split('/').next()).map(str::to_owned).collect();
        tops.dedup();
        let write = |(path, bytes): (String, Vec<u8>)| Change::write(&format!("{base}/{path}"), bytes);
        let changes: Vec<Change> = files.into_iter().map(write).collect();
        self.desk.note = format!("{} came into {}.", tops.join(", "), short(&directory, HOME));
        if !left_out.is_empty() {
            self.desk.note.push_str(&format!(" Left out: {}.", left_out.join(", ")));
        }
        if changes.is_empty() {
            return;
        }
        self.change_files(changes);
        if let [one] = tops.as_slice() {
            self.choose_file(&format!("{base}/{one}"));
        }
    }

    /// Gives the learner's computer a file.
    pub(super) fn hand_over(&mut self, name: &str, bytes: &[u8]) {
        let given = give(name, bytes);
        if given.is_none() {
            self.desk.note = format!("The browser did not take {name}.");
        }
    }

    pub(super) fn download_chosen(&mut self) {
        let Some(row) = self.chosen().cloned() else { return };
        let name = row.path.rsplit('/').next().filter(|n| !n.is_empty()).unwrap_or("files").to_owned();
        if row.path == "/" {
            "Choose a folder below / first: all of it is the whole machine.".clone_into(&mut self.desk.note);
            return;
        }
        if row.open.is_some() {
            let Some(tree) = drydock::desk::folder(self.world(), &row.path) else { return };
            let name = format!("{name}.tar");
            self.hand_over(&name, &archive::pack(&tree));
            self.desk.note = format!("{name} has what is in {}.", short(&row.path, HOME));
            return;
        }
        let found = desk::look(self.world(), |sys| {
            let whole = sys.stat(&row.path).is_ok_and(|s| s.kind == FileKind::File);
            sys.read_file(&row.path).ok().filter(|_| whole)
        });
        match found.flatten() {
            Some(bytes) => self.hand_over(&name, &bytes),
            None => self.desk.note = format!("{name} cannot be read as a file."),
        }
    }

    pub(super) fn download_image(&mut self, name: &str) {
        match drydock::desk::image(self.world(), name) {
            Ok(bytes) => {
                let file: String = name.chars().map(|c| if "/:@".contains(c) { '-' } else { c }).collect();
                self.hand_over(&format!("{file}.tar"), &bytes);
            }
            Err(error) => {
                self.panel = Panel::Files;
                self.desk.note = error.message;
            }
        }
    }

    /// What the page does with what is dragged over it.
    pub(in crate::app) fn drops(
        &self,
        ctx: &Context<Self>,
    ) -> (yew::Callback<DragEvent>, yew::Callback<DragEvent>) {
        let link = ctx.link().clone();
        let over = yew::Callback::from(|event: DragEvent| {
            let files = event.data_transfer().is_some_and(|d| d.types().includes(&"Files".into(), 0));
            if files {
                event.prevent_default();
            }
        });
        (over, yew::Callback::from(move |event: DragEvent| dropped(&event, &link)))
    }
}

fn give(name: &str, bytes: &[u8]) -> Option<()> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence(&parts).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlAnchorElement = gloo_utils::document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // The browser reads it after this; the address is given back a minute later.
    let back = Closure::once_into_js(move || {
        let _ = Url::revoke_object_url(&url);
    });
    let window = gloo_utils::window();
    window
        .set_timeout_with_callback_and_timeout_and_arguments_0(back.unchecked_ref(), 60_000)
        .ok()
        .map(|_| ())
}
