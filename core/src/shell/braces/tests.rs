use super::expand;

/// What bash 5.2 says to `echo` with each.
const CASES: &str = r#"
a{b,c}d | abd acd
{a,b}{1,2} | a1 a2 b1 b2
{a,{b,c}d}e | ae bde cde
{a{b,c}} | {ab} {ac}
{a,b | {a,b
a,b} | a,b}
{a} | {a}
{} | {}
{,x}y | y xy
{1..4} | 1 2 3 4
{4..1..2} | 4 2
{08..11} | 08 09 10 11
{-1..1} | -1 0 1
{a..e..2} | a c e
{1..x} | {1..x}
x{'a,b',c}y | x'a,b'y xcy
'{a,b}' | '{a,b}'
"{a,b}" | "{a,b}"
\{a,b} | \{a,b}
{a\,b,c} | a\,b c
${x}{a,b} | ${x}a ${x}b
${x:-{a,b}} | ${x:-{a,b}}
{$(echo 1,2),c} | $(echo 1,2) c
{99999999999999999999..1} | {99999999999999999999..1}
{{a,b},c}} | a} b} c}
"#;

#[test]
fn says_what_bash_says() {
    for case in CASES.trim().lines() {
        let (text, wanted) = case.split_once(" | ").expect("two columns");
        assert_eq!(expand(text).join(" "), wanted, "{text}");
    }
}

#[test]
fn nothing_grows_without_end() {
    let deep = "{".repeat(50_000);
    assert_eq!(expand(&deep).concat(), deep);
    let wide = "{1..9999}".repeat(9);
    assert!(expand(&wide).iter().map(String::len).sum::<usize>() <= 2 << 20);
    let nested = format!("{}a{}", "{x,".repeat(2_000), "}".repeat(2_000));
    assert!(expand(&nested).len() <= 10_000);
}
