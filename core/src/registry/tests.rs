use super::*;

fn ask(registry: &mut Registry, method: &str, path: &str, body: &[u8]) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).body(body.into()).expect("valid");
    let response = registry.handle(request);
    (response.status().as_u16(), String::from_utf8_lossy(response.body()).into_owned())
}

#[test]
fn what_is_pushed_can_be_pulled() {
    let mut registry = Registry::new();
    let blob = b"some layer";
    let digest = Digest::of(blob);
    let (status, _) = ask(&mut registry, "POST", "/v2/a/b/blobs/uploads/", b"");
    assert_eq!(status, 202);
    assert_eq!(ask(&mut registry, "PATCH", "/v2/a/b/blobs/uploads/1", b"some ").0, 202);
    let finish = format!("/v2/a/b/blobs/uploads/1?digest={digest}");
    assert_eq!(ask(&mut registry, "PUT", &finish, b"layer").0, 201);
    assert_eq!(
        ask(&mut registry, "GET", &format!("/v2/a/b/blobs/{digest}"), b""),
        (200, "some layer".into())
    );
    let manifest = format!("{{\"config\":{{\"digest\":\"{digest}\"}},\"layers\":[]}}");
    assert_eq!(ask(&mut registry, "PUT", "/v2/a/b/manifests/1", manifest.as_bytes()).0, 201);
    assert_eq!(
        ask(&mut registry, "GET", "/v2/a/b/tags/list", b"").1,
        "{\"name\":\"a/b\",\"tags\":[\"1\"]}\n"
    );
}

#[test]
fn a_manifest_whose_blobs_are_missing_is_refused() {
    let mut registry = Registry::new();
    let manifest = format!("{{\"config\":{{\"digest\":\"{}\"}}}}", Digest::of(b"x"));
    let (status, body) = ask(&mut registry, "PUT", "/v2/a/manifests/1", manifest.as_bytes());
    assert_eq!(status, 404);
    assert!(body.contains("MANIFEST_BLOB_UNKNOWN"));
}

#[test]
fn the_hub_wants_a_token() {
    let mut hub = Registry::hub();
    assert_eq!(ask(&mut hub, "GET", "/v2/", b"").0, 401);
    assert_eq!(ask(&mut hub, "GET", "/token?service=x", b"").0, 200);
}
