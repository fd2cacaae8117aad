use super::*;
use crate::files::overlay::Overlay;

fn all() -> Vec<(String, Vec<String>, Image)> {
    load().unwrap_or_else(|e| panic!("{} line {}: {}", e.file, e.line, e.message))
}

#[test]
fn no_line_has_a_mistake() {
    let catalogue = Catalogue::read().unwrap_or_else(|e| panic!("{} line {}: {}", e.file, e.line, e.message));
    let mut maker = Maker::new(&catalogue);
    let mut wrong = String::new();
    for (n, part) in catalogue.parts.iter().enumerate().filter(|(_, part)| part.head.word == "image") {
        for version in 0..part.versions().len() {
            if let Err(e) = maker.image(n, version) {
                wrong.push_str(&format!("{} line {}: {}\n", e.file, e.line, e.message));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_catalogue_loads_and_images_share_their_bases() {
    let images = all();
    let find = |name: &str, tag: &str| {
        let found = images.iter().find(|(n, tags, _)| n == name && tags.iter().any(|t| t == tag));
        found.map(|(_, _, image)| image.clone()).expect(name)
    };
    let (nginx, httpd) = (find("nginx", "1.27"), find("httpd", "2.4"));
    assert_eq!(nginx.layers[0].diff_id, httpd.layers[0].diff_id);
    assert_eq!(find("alpine", "3.22").layers.len(), 1);
    assert!((180e6..200e6).contains(&(nginx.size() as f64)), "{}", nginx.size());
    let (wordpress, php) = (find("wordpress", "latest"), find("php", "8.3-apache"));
    let shared = wordpress.layers.iter().zip(&php.layers).filter(|(a, b)| a.diff_id == b.diff_id).count();
    assert_eq!(shared, php.layers.len());
    let repositories: Set<&str> = images.iter().map(|(name, ..)| name.as_str()).collect();
    assert!(repositories.len() >= 75, "{} repositories", repositories.len());
}

/// The program of a command is in the image, names of tags are tags, users are in its accounts.
#[test]
fn every_image_can_start() {
    let mut wrong: Vec<String> = Vec::new();
    let mut seen = Set::new();
    for (name, tags, image) in all() {
        let shown = format!("{name}:{}", tags.first().map_or("", String::as_str));
        assert!(!tags.is_empty(), "{name}: an image without a tag");
        for tag in &tags {
            let full = format!("{name}:{tag}");
            assert_eq!(Reference::parse(&full).expect(&full).tag(), Some(tag.as_str()), "{full}");
            if !seen.insert(full.clone()) {
                wrong.push(format!("{full} is there twice"));
            }
        }
        let overlay = Overlay::new(image.lowers());
        let is_there = |path: &str| resolved(&overlay, path);
        let path = image.list("Env").unwrap_or_default();
        let path =
            path.iter().find_map(|v| v.strip_prefix("PATH=")).unwrap_or_else(|| panic!("{shown}: no PATH"));
        let workdir = image.setting("WorkingDir").as_str().unwrap_or_default().to_owned();
        for list in ["Entrypoint", "Cmd"] {
            let Some(program) = image.list(list).and_then(|l| l.first().cloned()) else { continue };
            if list == "Cmd" && image.list("Entrypoint").is_some() {
                continue;
            }
            let found = match program.contains('/') {
                true => is_there(&program) || is_there(&format!("{workdir}/{program}")),
                false => path.split(':').any(|p| is_there(&format!("{p}/{program}"))),
            };
            if !found {
                wrong.push(format!("{shown}: {list} {program} is not in the image"));
            }
        }
        let user = image.setting("User").as_str().unwrap_or_default().split(':').next().unwrap_or_default();
        if !user.is_empty() && user.parse::<u32>().is_err() {
            let text = overlay.find("/etc/passwd").and_then(|n| match &overlay.inode(&n)?.kind {
                crate::files::InodeKind::File { bytes, .. } => {
                    Some(String::from_utf8_lossy(bytes).into_owned())
                }
                _ => None,
            });
            let known = text.unwrap_or_default().lines().any(|l| l.starts_with(&format!("{user}:")));
            if !known {
                wrong.push(format!("{shown}: no account {user}"));
            }
        }
        if image.layers.iter().any(|l| l.compressed > l.size() + 4096) {
            wrong.push(format!("{shown}: a layer that is larger on the wire"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// True when a path leads to a file, links followed.
fn resolved(overlay: &Overlay, path: &str) -> bool {
    let mut rest: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let mut at = String::new();
    for _ in 0..64 {
        let Some(part) = rest.pop() else { return true };
        if part.is_empty() {
            continue;
        }
        let next = format!("{at}/{part}");
        let Some(node) = overlay.find(&next) else { return false };
        match overlay.inode(&node).map(|i| &i.kind) {
            Some(crate::files::InodeKind::Symlink(to)) => {
                if to.starts_with('/') {
                    at.clear();
                }
                rest.extend(to.split('/').rev().map(str::to_owned));
            }
            _ => at = next,
        }
    }
    false
}

#[test]
fn a_mistake_says_its_file_and_line() {
    let wrong = |text: &'static str| {
        let mut parts = Vec::new();
        let read = text::parts("x.txt", text, &mut parts);
        let made = read.and_then(|()| {
            let catalogue = Catalogue { parts };
            Maker::new(&catalogue).image(0, 0).map(|_| ())
        });
        made.map_or_else(|e| format!("{} {}: {}", e.file, e.line, e.message), |()| "nothing".to_owned())
    };
    assert_eq!(wrong("  cmd []"), "x.txt 1: a line before the first group or image");
    assert_eq!(wrong("picture a"), "x.txt 1: `picture` is neither group nor image");
    assert_eq!(wrong("image a\n\n  fly away"), "x.txt 3: `fly` says nothing about an image or its layers");
    assert_eq!(wrong("image a\n  from b"), "x.txt 2: no image of the catalogue is called `b`");
    assert_eq!(wrong("image a\n  tags 1\n  from a:1"), "x.txt 1: it stands on itself");
    assert_eq!(wrong("image a\n  step 3XB RUN x"), "x.txt 2: `3XB` is no size");
    assert_eq!(wrong("image a\n  step - RUN x\n  file /a <<END\n"), "x.txt 3: no line below says `END`");
    assert_eq!(wrong("image a\n  step - RUN x\n  server /a a 1k eighty"), "x.txt 3: `eighty` are no ports");
    assert_eq!(wrong("image a\n  use b"), "x.txt 2: no group is called `b`");
    assert_eq!(wrong("image a\n  step - RUN x\n  dir /a"), "nothing");
}

#[test]
fn versions_make_tags() {
    let text = "image a\n  version 2.1.0 2.0.5 1=1.9\n  suffix . -slim\n  tags latest\n";
    let mut parts = Vec::new();
    text::parts("x.txt", text, &mut parts).expect("a part");
    let tags: Vec<String> = parts[0].tags(&mut Set::new()).iter().map(|t| t.join(" ")).collect();
    let expected =
        ["latest 2.1.0 2.1.0-slim 2.1 2.1-slim 2 2-slim", "2.0.5 2.0.5-slim 2.0 2.0-slim", "1 1-slim"];
    assert_eq!(tags, expected);
}

#[test]
fn a_registry_is_stocked_by_what_is_asked_for() {
    let mut hub = docker_hub().expect("the catalogue has no mistake");
    assert!(hub.has("library/nginx", "latest") && !hub.has("library/nginx", "1.27"));
    stock(&mut hub, "docker.io", "/v2/library/postgres/manifests/16");
    assert!(hub.layers_of("library/postgres", "16").len() > 5 && !hub.has("library/postgres", "17"));
    let (digest, ..) = hub.tagged("library/postgres", "16").expect("it was stocked");
    let mut other = docker_hub().expect("the catalogue has no mistake");
    stock(&mut other, "docker.io", &format!("/v2/library/postgres/manifests/{digest}"));
    assert_eq!(other.tagged("library/postgres", "16").map(|t| t.0), Some(digest));
    stock(
        &mut hub,
        "docker.io",
        "/token?scope=repository:library/mongo:pull&scope=repository:a/b:pull&service=x",
    );
    let names: Vec<String> = hub.shelves().into_iter().map(|s| s.0).collect();
    assert!(names.contains(&"library/mongo".to_owned()) && !names.contains(&"a/b".to_owned()));
    assert!(has_namespace("grafana") && !has_namespace("learner"));
    stock(&mut hub, "docker.io", "/v2/library/nosuch/manifests/latest");
    assert!(!hub.has("library/nosuch", "latest"));
}

#[test]
fn the_host_has_its_tools() {
    let disk = host_disk(true).expect("the host has no mistake");
    for path in ["/usr/bin/docker", "/usr/bin/curl", "/usr/bin/sh", "/etc/passwd"] {
        assert!(disk.find(path).is_some(), "{path}");
    }
}
