//! HTTP/1.1 messages as text (RFC 9112).

/// A message: its first line, its headers with lower-case names, its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub start: String,
    /// Headers as they came.
    pub headers: Vec<(String, String)>,
    /// The body, as far as it has come.
    pub body: Vec<u8>,
    /// Where the head ends.
    pub head: String,
}

impl Message {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|h| h.0.eq_ignore_ascii_case(name)).map(|h| h.1.as_str())
    }
    /// The body's announced length.
    pub fn length(&self) -> Option<usize> {
        self.header("content-length").and_then(|l| l.trim().parse().ok())
    }
    /// The second word of the first line: a status code, or a path.
    pub fn second(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }
    /// The first word.
    pub fn first(&self) -> &str {
        self.start.split(' ').next().unwrap_or_default()
    }
}

/// Reads a message; nothing before its head is whole.
pub fn parse(bytes: &[u8]) -> Option<Message> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let start = lines.next().unwrap_or_default().to_owned();
    let headers =
        lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_owned(), v.trim().to_owned())).collect();
    Some(Message { start, headers, body: bytes[end + 4..].to_vec(), head })
}

/// What a body is about, for people: the heading or title of a page, or its first words.
pub fn title(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let within = |tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        rest.split_once('<').map(|(inner, _)| inner.trim().to_owned())
    };
    let plain = || text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default().to_owned();
    within("h1").or_else(|| within("title")).unwrap_or_else(plain).chars().take(60).collect()
}

/// A URL's host, port and path.
pub fn split_url(url: &str) -> Option<(String, u16, String)> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| (&rest[..at], &rest[at..]));
    let default = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, default),
    };
    (!host.is_empty()).then(|| (host.to_owned(), port, path.to_owned()))
}
