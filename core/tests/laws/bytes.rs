//! Laws 6 and 7: layers are real tars with real digests, and a registry answers the protocol.

use drydock::digest::Digest;
use drydock::image::gzip;
use drydock::registry::access::Access;
use drydock::registry::catalogue::{self, Catalogue};
use std::rc::Rc;

fn get(registry: &mut drydock::registry::Registry, path: &str) -> http::Response<Rc<[u8]>> {
    let media_types = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";
    let request = http::Request::builder().uri(path).header("accept", media_types);
    registry.handle(request.body(Rc::from(Vec::new())).expect("a request"))
}

#[test]
fn every_blob_of_the_hub_is_what_its_digest_says() {
    let mut hub = catalogue::docker_hub().expect("the catalogue has no mistake");
    hub.access = Access::default();
    for listing in Catalogue::read().expect("the catalogue has no mistake").listings() {
        let path =
            format!("/v2/{}{}/tags/list", if listing.official { "library/" } else { "" }, listing.name);
        catalogue::stock(&mut hub, "docker.io", &path);
    }
    let mut checked = 0;
    let mut blobs = std::collections::BTreeSet::new();
    for (repository, tags) in hub.shelves() {
        for tag in tags.keys() {
            let diff_ids = hub.diff_ids(&repository, tag);
            let layers = hub.layers_of(&repository, tag);
            assert_eq!(diff_ids.len(), layers.len(), "{repository}:{tag}");
            for ((blob, _), diff_id) in layers.iter().zip(diff_ids) {
                let answer = get(&mut hub, &format!("/v2/{repository}/blobs/{blob}"));
                assert_eq!(answer.status(), 200);
                if !blobs.insert(*blob) {
                    continue;
                }
                assert_eq!(Digest::of(answer.body()), *blob);
                let tar = gzip::decompress(answer.body(), 1 << 26).expect("a layer is gzip");
                assert_eq!(Digest::of(&tar), diff_id);
                for entry in tar::Archive::new(tar.as_slice()).entries().expect("a tar") {
                    assert!(entry.expect("an entry").path().is_ok());
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 350, "{checked} layers");
}

#[test]
fn a_manifest_is_asked_for_by_tag_and_by_digest() {
    let mut hub = catalogue::docker_hub().expect("the catalogue has no mistake");
    hub.access = Access::default();
    catalogue::stock(&mut hub, "docker.io", "/v2/library/nginx/manifests/1.27");
    let by_tag = get(&mut hub, "/v2/library/nginx/manifests/1.27");
    let digest = by_tag.headers()["docker-content-digest"].to_str().expect("text").to_owned();
    assert_eq!(Digest::of(by_tag.body()).to_string(), digest);
    let by_digest = get(&mut hub, &format!("/v2/library/nginx/manifests/{digest}"));
    assert_eq!(by_tag.body(), by_digest.body());
    assert_eq!(get(&mut hub, "/v2/library/nginx/manifests/nosuch").status(), 404);
}
