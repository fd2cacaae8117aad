//! A registry's content as those look at it who are not its clients: the catalogue, the page, `docker search`.

use super::{Bytes, Registry};
use crate::digest::{AnyDigest, Digest};
use crate::image::Image;
use crate::shared::Map;
use oci_spec::image::{ImageIndex, ImageManifest, MediaType};
use serde_json::{Value, json};

impl Registry {
    /// Puts an image in, as if it had been pushed: with a tag each, behind an index when it comes with others
    /// for more platforms (architecture and variant).
    pub fn put_image(&mut self, repository: &str, tags: &[&str], images: &[(&Image, &str)], index: bool) {
        let media_type = MediaType::ImageManifest.to_string();
        let mut entries = Vec::new();
        for (image, architecture) in images {
            for layer in &image.layers {
                self.blobs.insert(layer.blob_digest.into(), layer.blob.clone());
            }
            self.blobs.insert(image.id.into(), image.config_bytes.clone());
            let kept = self.repository_mut(repository);
            kept.blobs.extend(image.layers.iter().map(|l| l.blob_digest.into()));
            kept.blobs.insert(image.id.into());
            kept.manifests.insert(image.manifest_digest.into(), (media_type.clone(), image.manifest.clone()));
            let (architecture, variant) = architecture.split_once('/').unwrap_or((architecture, ""));
            let mut platform = json!({ "architecture": architecture, "os": "linux" });
            if !variant.is_empty() {
                platform["variant"] = variant.into();
            }
            entries.push(json!({
                "mediaType": media_type,
                "digest": image.manifest_digest.to_string(),
                "size": image.manifest.len(),
                "platform": platform,
            }));
        }
        let Some((first, _)) = images.first() else { return };
        let mut digest = first.manifest_digest;
        let kept = self.repository_mut(repository);
        if index {
            let media_type = MediaType::ImageIndex.to_string();
            let text = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": entries });
            let bytes: Bytes = text.to_string().into_bytes().into();
            digest = Digest::of(&bytes);
            kept.manifests.insert(digest.into(), (media_type, bytes));
        }
        for tag in tags {
            kept.tags.insert((*tag).to_owned(), digest.into());
        }
    }

    /// Makes a repository with nothing in it, unless there is one.
    pub fn open(&mut self, repository: &str) {
        self.repository_mut(repository);
    }

    /// True when a repository has this tag, or a manifest with this digest.
    pub fn has(&self, repository: &str, selector: &str) -> bool {
        self.repository(repository).is_some_and(|repository| {
            let digest = selector.parse().ok().or_else(|| repository.tags.get(selector).copied());
            digest.is_some_and(|digest| repository.manifests.contains_key(&digest))
        })
    }

    /// The repositories with their tags and the manifest digests these lead to, in order of name.
    pub fn shelves(&self) -> Vec<(String, Map<String, Digest>)> {
        let canonical =
            |digest: &AnyDigest, bytes: &[u8]| digest.sha256().unwrap_or_else(|| Digest::of(bytes));
        let tags = |r: &super::Repository| {
            let found = r.tags.iter().filter_map(|(tag, digest)| {
                let (_, bytes) = r.manifests.get(digest)?;
                Some((tag.clone(), canonical(digest, bytes)))
            });
            found.collect()
        };
        self.repositories.iter().map(|(name, r)| (name.clone(), tags(r))).collect()
    }

    /// The layers of a tag for `linux/amd64`, the base first: each blob's digest, and the size it stands for.
    pub fn layers_of(&self, repository: &str, tag: &str) -> Vec<(Digest, u64)> {
        let layers = self.manifest_of(repository, tag).map(|m| m.layers().clone()).unwrap_or_default();
        layers.iter().filter_map(|l| Some((l.digest().to_string().parse().ok()?, nominal_size(l)))).collect()
    }

    /// What a tag leads to: the digest, the media type and the manifest or index itself.
    pub fn tagged(&self, repository: &str, tag: &str) -> Option<(Digest, String, Bytes)> {
        let repository = self.repository(repository)?;
        let (kind, bytes) = repository.manifests.get(repository.tags.get(tag)?)?;
        Some((Digest::of(bytes), kind.clone(), bytes.clone()))
    }

    /// The diff ids of a tag's layers for `linux/amd64`, the base first: what a shelf shows.
    pub fn diff_ids(&self, repository: &str, tag: &str) -> Vec<Digest> {
        let config = self.manifest_of(repository, tag).and_then(|manifest| {
            let digest = manifest.config().digest().to_string().parse::<AnyDigest>().ok()?;
            serde_json::from_slice::<Value>(self.blobs.get(&digest)?).ok()
        });
        let ids = config.as_ref().and_then(|c| c["rootfs"]["diff_ids"].as_array());
        ids.into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok()).collect()
    }

    fn manifest_of(&self, repository: &str, tag: &str) -> Option<ImageManifest> {
        let repository = self.repository(repository)?;
        let mut digest = *repository.tags.get(tag)?;
        if let Ok(index) = serde_json::from_slice::<ImageIndex>(&repository.manifests.get(&digest)?.1) {
            digest = index.manifests().first()?.digest().to_string().parse().ok()?;
        }
        serde_json::from_slice(&repository.manifests.get(&digest)?.1).ok()
    }
}

/// The size that a descriptor's blob stands for.
pub fn nominal_size(descriptor: &oci_spec::image::Descriptor) -> u64 {
    let noted = descriptor.annotations().as_ref().and_then(|a| a.get(crate::image::layer::SIZE_ANNOTATION));
    noted.and_then(|v| v.parse().ok()).unwrap_or_else(|| descriptor.size())
}
