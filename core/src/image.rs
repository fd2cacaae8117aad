//! Images: real manifests, configurations and layers (OCI image-spec), and the local store of them.

pub mod bundle;
pub mod change;
pub mod gzip;
pub mod intake;
pub mod layer;
pub mod platform;
pub mod store;

pub use layer::Layer;
pub use store::Store;

use crate::digest::Digest;
use layer::SIZE_ANNOTATION;
use oci_spec::image::{ImageConfiguration, MediaType};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::rc::Rc;

/// An image for one platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "ImageBytes", into = "ImageBytes")]
pub struct Image {
    /// Its id: the digest of its configuration.
    pub id: Digest,
    /// The configuration, byte for byte.
    pub config_bytes: Rc<[u8]>,
    /// The configuration, read.
    pub config: Rc<ImageConfiguration>,
    /// The configuration as JSON, with the members that only Docker writes.
    pub json: Rc<Value>,
    /// Its layers, the base first.
    pub layers: Vec<Rc<Layer>>,
    /// The manifest, byte for byte.
    pub manifest: Rc<[u8]>,
    /// Its digest.
    pub manifest_digest: Digest,
}

/// What of an image is kept: the rest is made from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ImageBytes {
    config: Rc<[u8]>,
    manifest: Rc<[u8]>,
    layers: Vec<Rc<Layer>>,
}

impl Image {
    /// The image of a configuration and its layers; the manifest is written for them.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn new(config: impl Into<Rc<[u8]>>, layers: Vec<Rc<Layer>>) -> Result<Self, String> {
        let config = config.into();
        let descriptors: Vec<Value> = layers
            .iter()
            .map(|layer| {
                let media_type =
                    if layer.is_zipped() { MediaType::ImageLayerGzip } else { MediaType::ImageLayer };
                let mut descriptor = json!({
                    "mediaType": media_type.to_string(),
                    "digest": layer.blob_digest.to_string(),
                    "size": layer.blob_size(),
                });
                if layer.compressed != layer.blob_size() {
                    descriptor["annotations"] = json!({ SIZE_ANNOTATION: layer.compressed.to_string() });
                }
                descriptor
            })
            .collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MediaType::ImageManifest.to_string(),
            "config": {
                "mediaType": MediaType::ImageConfig.to_string(),
                "digest": Digest::of(&config).to_string(),
                "size": config.len(),
            },
            "layers": descriptors,
        });
        Self::from_parts(config, manifest.to_string().into_bytes().into(), layers)
    }

    /// The image of parts that came over a wire.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn from_parts(config: Rc<[u8]>, manifest: Rc<[u8]>, layers: Vec<Rc<Layer>>) -> Result<Self, String> {
        let json: Value = serde_json::from_slice(&config).map_err(|e| e.to_string())?;
        let read = serde_json::from_slice::<ImageConfiguration>(&config).map_err(|e| e.to_string())?;
        Ok(Self {
            id: Digest::of(&config),
            config: Rc::new(read),
            json: Rc::new(json),
            config_bytes: config,
            manifest_digest: Digest::of(&manifest),
            manifest,
            layers,
        })
    }

    /// The sizes of all layers together, unpacked, in bytes: what `docker images` shows.
    pub fn size(&self) -> u64 {
        self.layers.iter().map(|l| l.size()).sum()
    }

    /// The layers in the order an overlay wants them: the uppermost first.
    pub fn lowers(&self) -> Vec<Rc<crate::files::Tree>> {
        self.layers.iter().rev().map(|l| l.tree.clone()).collect()
    }

    /// A member of the configuration's `config` object.
    pub fn setting(&self, name: &str) -> &Value {
        self.json.get("config").and_then(|c| c.get(name)).unwrap_or(&Value::Null)
    }

    /// A list of texts in the configuration's `config` object.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        let items = self.setting(name).as_array()?;
        Some(items.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
    }

    /// The keys of an object in the configuration's `config` object.
    pub fn keys(&self, name: &str) -> Vec<String> {
        self.setting(name).as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default()
    }

    /// When it was made, as the configuration says it.
    pub fn created(&self) -> String {
        self.config.created().clone().unwrap_or_else(|| "0001-01-01T00:00:00Z".to_owned())
    }
}

impl From<ImageBytes> for Image {
    fn from(kept: ImageBytes) -> Self {
        let empty = || {
            Self::new(*b"{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]},\"history\":[]}", Vec::new())
        };
        Self::from_parts(kept.config, kept.manifest, kept.layers)
            .or_else(|_| empty())
            .expect("the empty configuration is valid")
    }
}

impl From<Image> for ImageBytes {
    fn from(image: Image) -> Self {
        Self { config: image.config_bytes, manifest: image.manifest, layers: image.layers }
    }
}
