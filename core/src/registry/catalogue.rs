//! Docker Hub as a learner finds it, and a few registries beside it: images described in text files, and made into real
//! layers when somebody asks for them.
//!
//! The format is described in `docs/catalogue.md`.

mod content;
mod platforms;
mod recipe;
mod text;

use super::Registry;
use crate::files::{Inode, Tree};
use crate::image::{Image, Layer};
use crate::reference::Reference;
use crate::shared::Set;
use platforms::PLATFORMS;
use recipe::Maker;
use serde_json::json;
use std::rc::Rc;
use text::Part;

/// The catalogue's files.
const FILES: [(&str, &str); 4] = [
    ("bases.txt", include_str!("catalogue/bases.txt")),
    ("servers.txt", include_str!("catalogue/servers.txt")),
    ("languages.txt", include_str!("catalogue/languages.txt")),
    ("applications.txt", include_str!("catalogue/applications.txt")),
];

/// The repositories whose newest image is on Docker Hub's shelves from the start. Others are put there when somebody asks for
/// them: to make them all would take longer than the rest of a new World.
pub const FAMILIAR: [&str; 8] =
    ["redis", "alpine", "httpd", "hello-world", "nginx", "busybox", "python", "node"];

/// The domain of Docker Hub in names of images.
const HUB: &str = "docker.io";

/// A mistake in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueError {
    /// The file.
    pub file: &'static str,
    /// The line, from one.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

/// The text of the catalogue in parts; nothing of it is made yet.
#[derive(Clone, Debug)]
pub struct Catalogue {
    parts: Vec<Part>,
}

/// A repository as a search finds it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// What people call it.
    pub name: String,
    /// How many like it.
    pub stars: u64,
    /// What it says about itself.
    pub about: &'static str,
    /// It is one of Docker's official images.
    pub official: bool,
    /// Its tags, in order.
    pub tags: Set<String>,
}

impl Catalogue {
    /// Reads the files. Mistakes within an image are found when it is made.
    ///
    /// # Errors
    /// The first line that belongs to nothing.
    pub fn read() -> Result<Self, CatalogueError> {
        let mut parts = Vec::new();
        for (file, text) in FILES {
            text::parts(file, text, &mut parts)?;
        }
        Ok(Self { parts })
    }

    /// The parts of a repository by their number, each with the tags of its versions.
    fn tags_of(&self, repository: &Reference) -> impl Iterator<Item = (usize, Vec<Vec<String>>)> {
        let own = |part: &Part| {
            let name = Reference::parse(part.head.rest);
            part.head.word == "image"
                && name.is_ok_and(|n| n.domain() == repository.domain() && n.path() == repository.path())
        };
        let mut taken = Set::new();
        let found = self.parts.iter().enumerate().filter(|(_, part)| own(part));
        found.map(|(n, part)| (n, part.tags(&mut taken))).collect::<Vec<_>>().into_iter()
    }

    /// The repositories of Docker Hub, in the order of the files.
    pub fn listings(&self) -> Vec<Listing> {
        let mut all: Vec<Listing> = Vec::new();
        for part in self.parts.iter().filter(|p| p.head.word == "image") {
            let Some(name) = Reference::parse(part.head.rest).ok().filter(|n| n.domain() == HUB) else {
                continue;
            };
            let familiar = name.familiar_name();
            let at = all.iter().position(|l| l.name == familiar).unwrap_or(all.len());
            if at == all.len() {
                let official = name.path().starts_with("library/");
                all.push(Listing { name: familiar, official, ..Listing::default() });
            }
            part.tags(&mut all[at].tags);
            if let Some(about) = part.about() {
                (all[at].stars, all[at].about) = about;
            }
        }
        all
    }

    /// The hosts of the other registries that images of the catalogue are at.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for part in self.parts.iter().filter(|p| p.head.word == "image") {
            let host =
                Reference::parse(part.head.rest).map(|name| name.domain().to_owned()).unwrap_or_default();
            if !host.is_empty() && host != HUB && !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }

    /// The image of this name.
    ///
    /// # Errors
    /// It is missing, or has a mistake.
    pub fn image(&self, name: &str) -> Result<Image, CatalogueError> {
        let missing = |message| CatalogueError { file: "", line: 0, message };
        let (part, version) = self.find(name).map_err(missing)?;
        Maker::new(self).image(part, version)
    }

    /// Puts a repository's images into a registry: the one with this tag, or with an empty one all of them.
    ///
    /// # Errors
    /// The first mistake in their lines.
    fn put(
        &self,
        registry: &mut Registry,
        maker: &mut Maker<'_>,
        name: &Reference,
        tag: &str,
    ) -> Result<(), CatalogueError> {
        for (part, versions) in self.tags_of(name) {
            for (version, tags) in versions.iter().enumerate() {
                if tag.is_empty() || tags.iter().any(|t| t == tag) {
                    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
                    let images = maker.images(part, version)?;
                    let images: Vec<(&Image, &str)> = images.iter().zip(PLATFORMS).collect();
                    registry.put_image(name.path(), &tags, &images, true);
                }
            }
        }
        Ok(())
    }
}

/// Docker Hub with the newest images of the familiar repositories on its shelves.
///
/// # Errors
/// The first mistake in the catalogue, with its file and line.
pub fn docker_hub() -> Result<Registry, CatalogueError> {
    let catalogue = Catalogue::read()?;
    let mut hub = Registry::hub();
    let mut maker = Maker::new(&catalogue);
    for name in FAMILIAR {
        if let Ok(name) = Reference::parse(name) {
            catalogue.put(&mut hub, &mut maker, &name, "latest")?;
        }
    }
    Ok(hub)
}

/// Puts what a request asks for on a registry's shelves, if the catalogue has it and it is not there yet: an image, or for
/// a token the name of its repository. `domain` is the registry's in names of images; the path is the request's with its query.
pub fn stock(registry: &mut Registry, domain: &str, path: &str) {
    let mut asked: Vec<(&str, &str)> = Vec::new();
    if path.starts_with("/token?") {
        let scopes =
            path.split(['?', '&']).filter_map(|p| p.strip_prefix("scope=repository:")?.split_once(':'));
        asked.extend(scopes.map(|(name, _)| (name, ":")));
    } else {
        let named = path.rsplit_once("/manifests/").or_else(|| Some((path.strip_suffix("/tags/list")?, "")));
        asked.extend(named.and_then(|(name, wanted)| Some((name.strip_prefix("/v2/")?, wanted))));
    }
    asked.retain(|(name, wanted)| !registry.has(name, wanted));
    for (name, wanted) in asked {
        let (Ok(name), Ok(catalogue)) = (Reference::parse(&format!("{domain}/{name}")), Catalogue::read())
        else {
            continue;
        };
        if wanted != ":" {
            let tag = if wanted.contains(':') { "" } else { wanted };
            let _ = catalogue.put(registry, &mut Maker::new(&catalogue), &name, tag);
        } else if catalogue.tags_of(&name).next().is_some() {
            registry.open(name.path());
        }
    }
}

/// True when repositories of Docker Hub's part of the catalogue are somebody's with this name.
pub fn has_namespace(user: &str) -> bool {
    let owns = |listing: &Listing| listing.name.split_once('/').is_some_and(|(space, _)| space == user);
    Catalogue::read().is_ok_and(|catalogue| catalogue.listings().iter().any(owns))
}

/// Every image of the catalogue with its name and tags, all of them made.
///
/// # Errors
/// The first mistake in the catalogue, with its file and line.
pub fn load() -> Result<Vec<(String, Vec<String>, Image)>, CatalogueError> {
    let catalogue = Catalogue::read()?;
    let mut maker = Maker::new(&catalogue);
    let mut images = Vec::new();
    for (part, read) in catalogue.parts.iter().enumerate().filter(|(_, part)| part.head.word == "image") {
        let name = Reference::parse(read.head.rest).map_err(|message| read.head.wrong(message))?;
        let (_, versions) = catalogue.tags_of(&name).find(|of| of.0 == part).unwrap_or_default();
        for (version, tags) in versions.into_iter().enumerate() {
            images.push((read.head.rest.to_owned(), tags, maker.image(part, version)?));
        }
    }
    Ok(images)
}

/// The image that an engine under measurement starts with: the static busybox, imported, so that it has a
/// command and no environment, and one user.
///
/// # Errors
/// A mistake in the catalogue.
pub fn imported_busybox() -> Result<Image, CatalogueError> {
    let missing = || CatalogueError { file: "bases.txt", line: 0, message: "busybox is missing".to_owned() };
    let catalogue = Catalogue::read()?;
    let image = catalogue.image("busybox")?;
    let mut tree = (*image.layers[0].tree).clone();
    let etc = tree.make_path("/etc", 0o755, 0);
    let accounts = *b"root:x:0:0:root:/root:/bin/sh\n";
    tree.insert(etc, "passwd", Inode::file(accounts, 0o644, content::MODIFIED));
    let layer = Rc::new(Layer { compressed: image.layers[0].compressed, ..Layer::from_tree(&tree) });
    let config = json!({
        "architecture": "amd64",
        "config": { "Cmd": ["sh"] },
        "created": "2026-01-05T08:59:00Z",
        "history": [{ "created": "2026-01-05T08:59:00Z", "comment": "Imported from -" }],
        "os": "linux",
        "rootfs": { "type": "layers", "diff_ids": [layer.diff_id.to_string()] },
    });
    Image::new(config.to_string().into_bytes(), vec![layer]).map_err(|_| missing())
}

/// The host's own disk: a small Debian with the tools that a learner has at home, and with the files of a first
/// tutorial when they are wanted.
///
/// # Errors
/// The first mistake in its text.
pub fn host_disk(with_starters: bool) -> Result<Tree, CatalogueError> {
    let mut parts = Vec::new();
    text::parts("host.txt", include_str!("catalogue/host.txt"), &mut parts)?;
    if with_starters {
        text::parts("starters.txt", include_str!("catalogue/starters.txt"), &mut parts)?;
    }
    let mut tree = Tree::default();
    for line in parts.iter().flat_map(|part| &part.lines) {
        let known = content::put_line(&mut tree, &[], line).map_err(|message| line.wrong(message))?;
        if !known {
            return Err(line.wrong(format!("`{}` says nothing about a disk", line.word)));
        }
    }
    Ok(tree)
}

#[cfg(test)]
mod tests;
