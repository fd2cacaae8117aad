use super::*;

#[test]
fn platforms_are_read_as_docker_reads_them() {
    let shown = |text: &str| Platform::parse(text).map_or_else(|words| words, |p| p.to_string());
    for (text, means) in [
        ("linux/amd64", "linux/amd64"),
        ("arm64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/aarch64", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
        ("linux/arm/v6", "linux/arm/v6"),
        ("x86_64", "linux/amd64"),
        ("linux", "linux/amd64"),
        ("windows/amd64", "windows/amd64"),
        ("foo", "\"foo\": unknown operating system or architecture: invalid argument"),
        ("a/b/c/d", "\"a/b/c/d\": cannot parse platform specifier: invalid argument"),
    ] {
        assert_eq!(shown(text), means, "{text}");
    }
    assert!(shown("linux/").starts_with("\"\" is an invalid component of \"linux/\""));
}
