//! What goes wrong at a registry on purpose, so that it can be seen what a client does then.

use super::{Bytes, Code, error};
use http::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Requests are answered with this status code, 500 or above.
    Status(u16),
    /// A layer's last byte is another one: its digest does not match.
    Corrupt,
    /// The connection ends in the middle of a layer.
    Break,
}

/// So many times are without an end.
pub const ALWAYS: u32 = u32::MAX;

/// What goes wrong, and how many times more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Each kind with what is left of it.
    pub left: Vec<(Kind, u32)>,
}

impl Trouble {
    /// Takes one time of a kind of trouble that `fits`.
    fn take(&mut self, fits: impl Fn(Kind) -> bool) -> Option<Kind> {
        let at = self.left.iter().position(|(kind, left)| *left > 0 && fits(*kind))?;
        let (kind, left) = &mut self.left[at];
        if *left != ALWAYS {
            *left -= 1;
        }
        let kind = *kind;
        self.left.retain(|(_, left)| *left > 0);
        Some(kind)
    }

    /// The refusal of a request about content, when requests are refused.
    pub(super) fn refusal(&mut self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let path = request.uri().path().strip_prefix("/v2/")?;
        let Some(Kind::Status(status)) = self.take(|k| !path.is_empty() && matches!(k, Kind::Status(_)))
        else {
            return None;
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Some(error(status, Code::Unknown, "unknown error"))
    }

    /// Spoils the answer with a layer, when layers are spoilt. What is JSON is no layer.
    pub(super) fn spoil(&mut self, request: &Request<Bytes>, response: &mut Response<Bytes>) {
        let layer = request.method() == Method::GET
            && request.uri().path().contains("/blobs/")
            && response.status().is_success()
            && response.body().first().is_some_and(|b| *b != b'{');
        if !layer {
            return;
        }
        match self.take(|k| matches!(k, Kind::Corrupt | Kind::Break)) {
            Some(Kind::Corrupt) => {
                let mut bytes = response.body().to_vec();
                if let Some(last) = bytes.last_mut() {
                    *last ^= 1;
                }
                *response.body_mut() = bytes.into();
            }
            Some(Kind::Break) => {
                let half = response.body().len() / 2;
                *response.body_mut() = response.body()[..half].into();
            }
            _ => {}
        }
    }
}
