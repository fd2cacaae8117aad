use super::*;
use crate::base64;

/// Status and body of an answer, to a request with these headers.
fn ask(registry: &mut Registry, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let response = registry.handle(builder.body(Bytes::from([])).expect("valid"));
    let challenge = response.headers().get(WWW_AUTHENTICATE).map(|v| v.to_str().expect("text").to_owned());
    let body = String::from_utf8_lossy(response.body()).into_owned();
    (response.status().as_u16(), challenge.unwrap_or(body))
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64::encode(format!("{user}:{password}").as_bytes()))
}

/// The bearer header for a scope, as somebody.
fn bearer(registry: &mut Registry, scope: &str, account: Option<(&str, &str)>) -> String {
    let shown = account.map(|(user, password)| basic(user, password)).unwrap_or_default();
    let path = format!("/token?service=x&scope={scope}");
    let (status, body) = ask(registry, "GET", &path, &[("authorization", &shown)]);
    assert_eq!(status, 200, "{body}");
    let value: Value = serde_json::from_str(&body).expect("JSON");
    format!("Bearer {}", value["token"].as_str().expect("a token"))
}

#[test]
fn the_hub_wants_a_token() {
    let mut hub = Registry::hub();
    let (status, challenge) = ask(&mut hub, "GET", "/v2/", &[]);
    assert_eq!(status, 401);
    assert_eq!(challenge, "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\"");
    let (status, challenge) = ask(&mut hub, "GET", "/v2/library/alpine/manifests/latest", &[]);
    assert_eq!(status, 401);
    assert!(challenge.ends_with(",scope=\"repository:library/alpine:pull\""), "{challenge}");
    let token = bearer(&mut hub, "", None);
    assert_eq!(ask(&mut hub, "GET", "/v2/", &[("authorization", &token)]).0, 200);
}

#[test]
fn an_owner_may_push_and_others_may_not() {
    let mut hub = Registry::hub();
    hub.access.account("alice", "secret");
    hub.access.account("bob", "hidden");
    let uploads = "/v2/alice/app/blobs/uploads/";
    let scope = "repository:alice/app:pull,push";
    let token = bearer(&mut hub, scope, Some(("bob", "hidden")));
    let (status, challenge) = ask(&mut hub, "POST", uploads, &[("authorization", &token)]);
    assert_eq!(status, 401);
    assert!(challenge.ends_with(",error=\"insufficient_scope\""), "{challenge}");
    let token = bearer(&mut hub, scope, Some(("alice", "secret")));
    assert_eq!(ask(&mut hub, "POST", uploads, &[("authorization", &token)]).0, 202);
    let wrong = basic("alice", "guess");
    assert_eq!(ask(&mut hub, "GET", "/token?service=x", &[("authorization", &wrong)]).0, 401);
    // What is public can be read by all, what is private by its owner alone.
    let list = "/v2/alice/app/tags/list";
    let token = bearer(&mut hub, "repository:alice/app:pull", None);
    assert_eq!(ask(&mut hub, "GET", list, &[("authorization", &token)]).0, 200);
    hub.access.private.insert("alice/app".to_owned());
    let token = bearer(&mut hub, "repository:alice/app:pull", None);
    assert_eq!(ask(&mut hub, "GET", list, &[("authorization", &token)]).0, 401);
    let forged = token.replace('.', "x.");
    assert_eq!(ask(&mut hub, "GET", "/v2/", &[("authorization", &forged)]).0, 401);
}

#[test]
fn an_htpasswd_file_names_the_accounts() {
    let file = format!("# people\nalice:{}\nbob:$2y$05$elsewhere\n", access::hash("secret", "any"));
    let mut registry = Registry { access: Access::htpasswd("Registry Realm", &file), ..Registry::new() };
    let (status, challenge) = ask(&mut registry, "GET", "/v2/", &[]);
    assert_eq!((status, challenge.as_str()), (401, "Basic realm=\"Registry Realm\""));
    for (user, password, status) in
        [("alice", "secret", 200), ("alice", "x", 401), ("bob", "x", 401), ("eve", "", 401)]
    {
        let header = basic(user, password);
        assert_eq!(ask(&mut registry, "GET", "/v2/", &[("authorization", &header)]).0, status, "{user}");
    }
}

#[test]
fn strangers_pull_up_to_a_limit() {
    let mut hub = catalogue::docker_hub().expect("the catalogue has no mistake");
    hub.access.limit = Some((1, 1));
    let token = bearer(&mut hub, "repository:library/hello-world:pull", None);
    let headers = [("authorization", token.as_str())];
    let (status, index) = ask(&mut hub, "GET", "/v2/library/hello-world/manifests/latest", &headers);
    assert_eq!(status, 200);
    let index: Value = serde_json::from_str(&index).expect("JSON");
    let image = format!(
        "/v2/library/hello-world/manifests/{}",
        index["manifests"][0]["digest"].as_str().expect("one")
    );
    assert_eq!(ask(&mut hub, "GET", &image, &headers).0, 200);
    assert_eq!(ask(&mut hub, "HEAD", &image, &headers).0, 200);
    let (status, body) = ask(&mut hub, "GET", &image, &headers);
    assert_eq!(status, 429);
    assert!(body.contains("TOOMANYREQUESTS"), "{body}");
}

#[test]
fn trouble_comes_as_often_as_it_is_asked_for() {
    let mut registry = Registry::new();
    registry.trouble.left.push((trouble::Kind::Status(503), 2));
    let statuses: Vec<u16> = (0..3).map(|_| ask(&mut registry, "GET", "/v2/a/tags/list", &[]).0).collect();
    assert_eq!(statuses, [503, 503, 404]);
    assert_eq!(ask(&mut registry, "GET", "/v2/", &[]).0, 200);
}
