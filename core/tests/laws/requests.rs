//! Random requests to a registry: none makes it panic, and none changes what it should not.

use super::conformance::{digest, over_handle};
use drydock::digest::{AnyDigest, Digest};
use drydock::registry::Registry;
use proptest::prelude::*;

const PARTS: &[&str] = &[
    "/v2",
    "/",
    "/a",
    "/b/c",
    "/manifests/",
    "/tags/list",
    "/blobs/",
    "uploads/",
    "/referrers/",
    "/_catalog",
    "1",
    "latest",
    "sha256:",
    "sha512:",
    "?digest=",
    "&mount=",
    "&from=a",
    "?n=",
    "&last=",
    "%",
    "%2",
    "%3A",
    "%ff",
    "?artifactType=",
    "00000000000000000000000000000000000000000000000000000000000000000",
    "{}",
    "..",
    ":",
    "@",
];

const METHODS: &[&str] = &["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "X"];

const HEADERS: &[(&str, &str)] = &[
    ("range", "bytes=0-"),
    ("range", "bytes=-1"),
    ("range", "bytes=9-1"),
    ("range", "bytes=18446744073709551615-"),
    ("content-range", "0-0"),
    ("content-range", "0-18446744073709551615"),
    ("content-range", "-"),
    ("content-type", "application/vnd.oci.image.manifest.v1+json"),
    ("authorization", "Basic !!"),
    ("authorization", "Bearer x.y"),
    ("accept", "*/*"),
];

const BODIES: &[&str] = &[
    "",
    "x",
    "{}",
    "[]",
    "{\"schemaVersion\":2,\"config\":{},\"layers\":[]}",
    "{\"manifests\":[{\"digest\":1}]}",
    "{\"schemaVersion\":2,\"manifests\":[],\"subject\":{\"digest\":\"sha256:x\"}}",
    "{\"mediaType\":\"application/vnd.x\",\"subject\":{\"digest\":\"\\u0000\"}}",
];

fn request()
-> impl Strategy<Value = (&'static str, String, Option<(&'static str, &'static str)>, &'static str)> {
    let known = prop_oneof![
        Just(format!("sha256:{}", Digest::of(b"x").hex())),
        Just(format!("sha256:{}", Digest::of(b"{}").hex())),
        Just(digest("sha512", b"x")),
    ];
    let piece =
        prop_oneof![6 => prop::sample::select(PARTS).prop_map(str::to_owned), 2 => known, 1 => "[!-~]{0,4}"];
    let rest = prop::collection::vec(piece, 1..7).prop_map(|p| p.concat());
    let likely = prop::sample::select(
        &[
            "/v2/a/blobs/uploads/?digest=sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
            "/v2/a/manifests/1",
            "/v2/a/manifests/2",
            "/v2/b/c/blobs/uploads/",
            "/v2/a/tags/list",
            "/v2/a/blobs/sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        ][..],
    );
    let path = prop_oneof![1 => likely.prop_map(str::to_owned), 2 => rest.prop_map(|p| format!("/v2{p}")), 1 => "/[!-~]{0,9}"];
    (
        prop::sample::select(METHODS),
        path,
        prop::option::of(prop::sample::select(HEADERS)),
        prop::sample::select(BODIES),
    )
}

/// A read changes nothing; every tag leads to a manifest that is there; every blob is what its digest says.
fn consistent(registry: &mut Registry) {
    let catalog = over_handle(registry, "GET", "/v2/_catalog", &[], b"").2;
    let catalog: serde_json::Value = serde_json::from_slice(&catalog).expect("JSON");
    for name in catalog["repositories"].as_array().expect("a list").iter().filter_map(|n| n.as_str()) {
        let tags = over_handle(registry, "GET", &format!("/v2/{name}/tags/list"), &[], b"").2;
        let tags: serde_json::Value = serde_json::from_slice(&tags).expect("JSON");
        for tag in tags["tags"].as_array().expect("a list").iter().filter_map(|t| t.as_str()) {
            let (status, headers, body) =
                over_handle(registry, "GET", &format!("/v2/{name}/manifests/{tag}"), &[], b"");
            assert_eq!(status, 200, "{name}:{tag}");
            let digest = headers.iter().find(|(n, _)| n == "docker-content-digest").map(|(_, v)| v.as_str());
            let digest: AnyDigest = digest.expect("a digest").parse().expect("a digest");
            assert!(digest.names(&body), "{name}:{tag}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, rng_seed: super::seed(), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_requests_leave_a_registry_whole(requests in prop::collection::vec(request(), 1..24), hub in any::<bool>()) {
        let mut registry = if hub { Registry::hub() } else { Registry::new() };
        for (method, path, header, body) in requests {
            let before = registry.clone();
            let headers: Vec<(String, String)> = header.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            let (status, _, answer) = over_handle(&mut registry, method, &path, &headers, body.as_bytes());
            prop_assert!((200..500).contains(&status), "{method} {path}: {status}");
            if matches!(method, "GET" | "HEAD" | "OPTIONS") || status >= 400 && method != "PUT" {
                prop_assert!(registry == before, "{method} {path} changed the registry");
            }
            prop_assert!(method != "HEAD" || answer.is_empty());
        }
        if !hub {
            consistent(&mut registry);
        }
    }
}
