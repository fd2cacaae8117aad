//! HTTP/1.1 on a connection: requests are read, their bodies piece by piece, and answers written (RFC 9112).

use std::io::{self, BufRead, Read, Write};

/// The longest head of a request, in bytes.
const LONGEST_HEAD: u64 = 64 << 10;

/// A request without its body.
#[derive(Clone, Debug)]
pub struct Head {
    /// `GET`, `PUT` and so on.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// Header fields by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The connection ends with the answer.
    pub last: bool,
}

/// What is left of a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// This many bytes.
    Bytes(u64),
    /// Chunks until an empty one; so many bytes are left of the present one.
    Chunks(u64),
    /// Nothing.
    End,
}

/// Why no request can be read.
#[derive(Debug)]
pub enum Fault {
    /// The connection is gone, or was silent for too long.
    Gone,
    /// Status and words of the last answer on this connection.
    Bad(u16, &'static str),
}

impl From<io::Error> for Fault {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl Head {
    /// A header field by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// How the body comes (RFC 9112 section 6.3).
    ///
    /// # Errors
    /// A length that is no number, or an encoding that is not spoken here.
    pub fn body(&self) -> Result<Body, Fault> {
        match (self.header("transfer-encoding"), self.header("content-length")) {
            (Some(coding), _) if coding.eq_ignore_ascii_case("chunked") => Ok(Body::Chunks(0)),
            (Some(_), _) => Err(Fault::Bad(501, "Not Implemented")),
            (None, None) => Ok(Body::End),
            (None, Some(length)) => match length.trim().parse() {
                Ok(0) => Ok(Body::End),
                Ok(length) => Ok(Body::Bytes(length)),
                Err(_) => Err(Fault::Bad(400, "Bad Request")),
            },
        }
    }
}

fn line(input: &mut impl BufRead, left: &mut u64) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    let read = input.by_ref().take(*left).read_until(b'\n', &mut bytes)?;
    *left -= read as u64;
    if !bytes.ends_with(b"\n") {
        return Err(if *left == 0 {
            Fault::Bad(431, "Request Header Fields Too Large")
        } else {
            Fault::Gone
        });
    }
    while matches!(bytes.last(), Some(b'\n' | b'\r')) {
        bytes.pop();
    }
    String::from_utf8(bytes).map_err(|_| Fault::Bad(400, "Bad Request"))
}

/// Reads the head of the next request.
///
/// # Errors
/// The end of the connection, or what is no request.
pub fn read_head(input: &mut impl BufRead) -> Result<Head, Fault> {
    const BAD: Fault = Fault::Bad(400, "Bad Request");
    let mut left = LONGEST_HEAD;
    let mut first = line(input, &mut left)?;
    if first.is_empty() {
        first = line(input, &mut left)?;
    }
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(BAD);
    };
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return Err(Fault::Bad(505, "HTTP Version Not Supported"));
    }
    let mut headers = Vec::new();
    loop {
        let field = line(input, &mut left)?;
        if field.is_empty() {
            break;
        }
        let (name, value) = field.split_once(':').ok_or(BAD)?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    // A proxy's client sends the whole address.
    let target = match target.split_once("://").map(|(_, rest)| rest) {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    let mut head = Head { method: method.to_owned(), target: target.to_owned(), headers, last: false };
    let connection = head.header("connection").unwrap_or_default().to_ascii_lowercase();
    head.last = connection.contains("close") || (version == "HTTP/1.0" && !connection.contains("keep-alive"));
    Ok(head)
}

/// Reads at most `most` bytes of a body; `body` becomes what is left.
///
/// # Errors
/// The end of the connection in the middle, or a chunk that is none.
pub fn read_piece(input: &mut impl BufRead, body: &mut Body, most: u64) -> Result<Vec<u8>, Fault> {
    let mut piece = Vec::new();
    while *body != Body::End && (piece.len() as u64) < most {
        if *body == Body::Chunks(0) {
            let mut left = 4096;
            let size = line(input, &mut left)?;
            let digits = size.split(';').next().unwrap_or_default().trim();
            let length = u64::from_str_radix(digits, 16).map_err(|_| Fault::Bad(400, "Bad Request"))?;
            if length == 0 {
                while !line(input, &mut left)?.is_empty() {}
                *body = Body::End;
                break;
            }
            *body = Body::Chunks(length);
        }
        let (Body::Bytes(left) | Body::Chunks(left)) = *body else { break };
        let wanted = left.min(most - piece.len() as u64);
        if input.by_ref().take(wanted).read_to_end(&mut piece)? as u64 != wanted {
            return Err(Fault::Gone);
        }
        *body = match *body {
            Body::Bytes(_) if left == wanted => Body::End,
            Body::Bytes(_) => Body::Bytes(left - wanted),
            _ => Body::Chunks(left - wanted),
        };
        if *body == Body::Chunks(0) {
            let mut two = 2;
            line(input, &mut two)?;
        }
    }
    Ok(piece)
}

/// Writes an answer.
///
/// # Errors
/// The client has gone.
pub fn write(
    output: &mut impl Write,
    status: &str,
    headers: &[(String, Vec<u8>)],
    body: &[u8],
    last: bool,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for (name, value) in headers {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(if last { b"connection: close\r\n\r\n" } else { b"\r\n" });
    output.write_all(&head)?;
    output.write_all(body)?;
    output.flush()
}
