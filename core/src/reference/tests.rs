use super::*;

#[test]
fn references_are_read_as_docker_reads_them() {
    for (text, whole, familiar) in [
        ("nginx", "docker.io/library/nginx:latest", "nginx:latest"),
        ("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"),
        ("me/app", "docker.io/me/app:latest", "me/app:latest"),
        ("localhost:5000/bb:1.0", "localhost:5000/bb:1.0", "localhost:5000/bb:1.0"),
        ("localhost/a/b", "localhost/a/b:latest", "localhost/a/b:latest"),
        ("ghcr.io/x/y:v1", "ghcr.io/x/y:v1", "ghcr.io/x/y:v1"),
    ] {
        let reference = Reference::parse(text).expect(text).with_default_tag();
        assert_eq!((reference.to_string().as_str(), reference.familiar().as_str()), (whole, familiar));
    }
}

#[test]
fn wrong_references_are_refused_in_dockers_words() {
    for (text, words) in [
        ("Busybox", "invalid reference format: repository name (library/Busybox) must be lowercase"),
        ("localhost:5000/BB:good", "invalid reference format: repository name (BB) must be lowercase"),
        ("busybox:bad:tag", "invalid reference format"),
        ("a@sha256:1234", "invalid reference format"),
        ("", "invalid reference format"),
        ("-x", "invalid reference format"),
        ("a..b", "invalid reference format"),
    ] {
        assert_eq!(Reference::parse(text), Err(words.to_owned()), "{text}");
    }
}
