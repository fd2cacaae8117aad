use super::*;

#[test]
fn the_catalogue_loads_and_images_share_their_bases() {
    let images = load().expect("the catalogue has no mistake");
    let find = |name: &str, tag: &str| {
        let found = images.iter().find(|(n, tags, _)| n == name && tags.iter().any(|t| t == tag));
        found.map(|(_, _, images)| images[0].clone()).expect(name)
    };
    let (nginx, httpd) = (find("nginx", "1.27"), find("httpd", "2.4"));
    assert_eq!(nginx.layers[0].diff_id, httpd.layers[0].diff_id);
    assert_eq!(find("alpine", "3.22").layers.len(), 1);
    assert!((180e6..200e6).contains(&(nginx.size() as f64)), "{}", nginx.size());
}

#[test]
fn the_host_has_its_tools() {
    let disk = host_disk(true).expect("the host has no mistake");
    for path in ["/usr/bin/docker", "/usr/bin/curl", "/usr/bin/sh", "/etc/passwd"] {
        assert!(disk.find(path).is_some(), "{path}");
    }
}
