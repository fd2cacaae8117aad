//! Images that were brought in as an archive: read beforehand, kept with the timeline, and taken into the store.

use super::Bytes;
use crate::engine::{World, image};
use crate::event::What;
use crate::image::intake::Images;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::rc::Rc;

/// Images with their names. `Clone` is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The archive's file.
    file: Rc<str>,
    images: Rc<Images>,
}

impl Loaded {
    /// What an archive held.
    pub fn new(file: &str, images: Images) -> Self {
        Self { file: file.into(), images: Rc::new(images) }
    }

    /// What was brought in, in one sentence.
    pub fn sentence(&self) -> String {
        let names: Vec<String> = self
            .images
            .iter()
            .flat_map(|(_, names)| names)
            .map(crate::reference::Reference::familiar)
            .collect();
        let what = if names.is_empty() { "an image without a name".to_owned() } else { names.join(", ") };
        format!("You loaded {what} from {}.", self.file)
    }

    /// Bytes that are kept of it.
    pub fn weight(&self) -> u64 {
        self.images.iter().flat_map(|(image, _)| &image.layers).map(|layer| layer.tar.len() as u64).sum()
    }
}

impl Serialize for Loaded {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let bytes = postcard::to_allocvec(&*self.images).map_err(serde::ser::Error::custom)?;
        (&self.file, Bytes::from(bytes)).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Loaded {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (file, bytes) = <(Rc<str>, Bytes)>::deserialize(from)?;
        let images = postcard::from_bytes(&bytes).map_err(serde::de::Error::custom)?;
        Ok(Self { file, images: Rc::new(images) })
    }
}

/// Takes the images into the store, as `docker load` does.
pub fn load(world: &mut World, loaded: &Loaded) {
    image::admit(world, (*loaded.images).clone());
    world.note(What::Said(loaded.sentence()));
}
