//! An archive of images that is brought in: read slice by slice, with its progress shown, until it is whole or stopped.

use super::transfer::{content, take_as_file};
use super::{App, Brought, Deed, deed};
use crate::app::Panel;
use crate::scene::Object;
use drydock::cli::units::human_size;
use drydock::desk::Loaded;
use drydock::image::intake::Intake;
use drydock::timeline::Command;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use yew::html::Scope;
use yew::{Context, Html, html};

/// Bytes that are read at once.
const SLICE: f64 = 1_048_576.0;

/// An archive on its way.
pub struct Coming {
    name: String,
    done: f64,
    all: f64,
    stop: Rc<Cell<bool>>,
}

/// What is heard of an archive on its way.
pub enum News {
    /// It begins.
    Begun(String, f64, Rc<Cell<bool>>),
    /// So many bytes were read.
    Read(f64),
    /// It was read to its end.
    Whole(File, Box<Intake>),
    /// It is not taken, and why.
    Failed(String),
    /// The person stops it.
    Stop,
}

/// True for the name of an archive.
pub fn is_archive(name: &str) -> bool {
    [".tar", ".tar.gz", ".tgz"].iter().any(|ending| name.ends_with(ending))
}

/// Reads an archive.
pub fn read(file: File, link: Scope<App>) {
    spawn_local(async move {
        let (name, all, stop) = (file.name(), file.size(), Rc::new(Cell::new(false)));
        let say = |news| link.send_message(deed(Deed::Archive(news)));
        say(News::Begun(name, all, stop.clone()));
        let (mut intake, mut at) = (Box::<Intake>::default(), 0.0);
        while at < all {
            let end = (at + SLICE).min(all);
            let piece = match file.slice_with_f64_and_f64(at, end) {
                Ok(slice) => content(&slice).await,
                Err(_) => Err("the browser does not hand it out".to_owned()),
            };
            if stop.get() {
                return say(News::Failed("It was stopped; nothing was loaded.".to_owned()));
            }
            if let Err(words) = piece.and_then(|bytes| intake.push(&bytes)) {
                return say(News::Failed(words));
            }
            at = end;
            say(News::Read(at));
        }
        say(News::Whole(file, intake));
    });
}

impl App {
    pub(super) fn hear(&mut self, news: News, link: &Scope<Self>) {
        match news {
            News::Begun(name, all, stop) => {
                self.panel = Panel::Files;
                self.desk.note.clear();
                self.desk.coming = Some(Coming { name, done: 0.0, all, stop });
            }
            News::Read(done) => {
                if let Some(coming) = &mut self.desk.coming {
                    coming.done = done;
                }
            }
            News::Stop => {
                if let Some(coming) = &self.desk.coming {
                    coming.stop.set(true);
                }
            }
            News::Failed(words) => {
                let name = self.desk.coming.take().map(|c| c.name).unwrap_or_default();
                self.deed(Deed::Brought(Brought::Refused(format!("{name}: {words}"))), link);
            }
            News::Whole(file, intake) => {
                self.desk.coming = None;
                let name = file.name();
                match intake.finish(&self.world().images) {
                    Ok(images) => {
                        let first = images.first().map(|(image, _)| image.id.to_string());
                        let loaded = Loaded::new(&name, images);
                        self.desk.note = loaded.sentence();
                        self.issue(Command::Load(loaded));
                        if let Some(id) = first.filter(|_| self.size.0 >= 720.0) {
                            self.open(Some(Object::Image(id)));
                        }
                    }
                    // Some other archive: a file like any other.
                    Err(words) if words.starts_with("no image") => take_as_file(file, link.clone()),
                    Err(words) => self.desk.note = format!("{name}: {words}"),
                }
            }
        }
    }

    /// How far an archive has come.
    pub(super) fn coming(&self, ctx: &Context<Self>) -> Html {
        let Some(coming) = &self.desk.coming else { return Html::default() };
        let figures = format!("{} / {}", human_size(coming.done as u64), human_size(coming.all as u64));
        let stop = ctx.link().callback(|_| deed(Deed::Archive(News::Stop)));
        html! {
            <div class="intake"><span>{ &coming.name }</span>
                <progress max={coming.all.to_string()} value={coming.done.to_string()} aria-label={format!("Loading {}", coming.name)}></progress>
                <span class="figures">{ figures }</span><button class="btn" onclick={stop}>{ "Stop" }</button>
            </div>
        }
    }
}
