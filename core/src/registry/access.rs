//! Who may do what at a registry: open to all, Basic accounts as of an htpasswd file, or bearer tokens as at Docker Hub
//! (distribution's "Token Authentication Specification", RFC 7617, RFC 6750).

use super::{Bytes, Code, Registry, error, error_about, header_text, json_answer, set, values};
use crate::base64;
use crate::digest::Digest;
use crate::shared::{Map, Set};
use http::header::AUTHORIZATION;
use http::{Method, Request, Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How clients show who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    /// Nobody is asked.
    #[default]
    Open,
    /// With every request (`Basic`).
    Basic,
    /// With a token, which they ask for with their account.
    Bearer,
}

/// Who may do what. Passwords are kept as hashes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// How clients show who they are.
    pub scheme: Scheme,
    /// Where a token is to be had, or the name of the realm.
    pub realm: String,
    /// The name that tokens are asked for under.
    pub service: String,
    /// As at Docker Hub: strangers may pull what is public, and the first part of a repository's name is its owner.
    pub namespaces: bool,
    /// The accounts: name and hash of the password.
    pub accounts: Map<String, String>,
    /// Repositories that only their owner sees.
    pub private: Set<String>,
    /// How many images strangers may still pull, and of how many, when there is a limit.
    pub limit: Option<(u32, u32)>,
}

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// To read.
    Pull,
    /// To write.
    Push,
    /// To delete.
    Delete,
}

impl Right {
    const fn word(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
        }
    }
}

/// The hash of a password in the form of bcrypt, `$2y$05$`, salt, hash. It is made of sha256: the tables of bcrypt
/// would weigh more than all else here.
pub fn hash(password: &str, salt: &str) -> String {
    let letters = |text: String| text.replace('+', ".").replace('=', "");
    let salt = letters(base64::encode(Digest::of(salt.as_bytes()).bytes()));
    let salt = &salt[..22];
    let of = letters(base64::encode(Digest::of(format!("{salt}:{password}").as_bytes()).bytes()));
    format!("$2y$05${salt}{}", &of[..31])
}

/// True when a password has this hash.
fn is_password(hash: &str, password: &str) -> bool {
    let Some((salt, of)) = hash.strip_prefix("$2y$05$").and_then(|rest| rest.split_at_checked(22)) else {
        return false;
    };
    let made = base64::encode(Digest::of(format!("{salt}:{password}").as_bytes()).bytes());
    made.replace('+', ".").get(..31) == Some(of)
}

/// Account and password of a `Basic` header.
fn basic(request: &Request<Bytes>) -> Option<(String, String)> {
    let letters = header_text(request, AUTHORIZATION)?.strip_prefix("Basic ")?;
    let text = String::from_utf8(base64::decode(letters.as_bytes())).ok()?;
    text.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// A token: who has it and what it grants, with a seal that only this module makes.
fn seal(payload: &Value) -> String {
    let body = base64::encode(payload.to_string().as_bytes());
    let body = body.replace('+', "-").replace('/', "_").replace('=', "");
    format!("{body}.{}", Digest::of(format!("drydock {body}").as_bytes()).hex())
}

fn unseal(token: &str) -> Option<Value> {
    let (body, seal) = token.split_once('.')?;
    let genuine = Digest::of(format!("drydock {body}").as_bytes()).hex() == seal;
    let letters = body.replace('-', "+").replace('_', "/");
    serde_json::from_slice(&base64::decode(letters.as_bytes())).ok().filter(|_| genuine)
}

impl Access {
    /// As Docker Hub has it.
    pub fn hub() -> Self {
        Self {
            scheme: Scheme::Bearer,
            realm: "https://auth.docker.io/token".to_owned(),
            service: "registry.docker.io".to_owned(),
            namespaces: true,
            ..Self::default()
        }
    }

    /// As the registry's image has it with an htpasswd file: an account a line. What is no account is passed over.
    pub fn htpasswd(realm: &str, file: &str) -> Self {
        let accounts = file.lines().filter_map(|line| line.trim().split_once(':'));
        Self {
            scheme: Scheme::Basic,
            realm: realm.to_owned(),
            accounts: accounts.map(|(user, hash)| (user.to_owned(), hash.to_owned())).collect(),
            ..Self::default()
        }
    }

    /// Makes an account, or gives it another password.
    pub fn account(&mut self, user: &str, password: &str) {
        self.accounts.insert(user.to_owned(), hash(password, user));
    }

    /// Whose account a request shows, `None` for a stranger's, `Err` for a wrong name or password.
    fn shown(&self, request: &Request<Bytes>) -> Result<Option<String>, ()> {
        match basic(request) {
            None => Ok(None),
            Some((user, password)) => {
                let known = self.accounts.get(&user).is_some_and(|hash| is_password(hash, &password));
                if known { Ok(Some(user)) } else { Err(()) }
            }
        }
    }

    /// Answers with a token for the scopes that are asked for and may be had; `exists` tells which repositories are there.
    fn token(&self, request: &Request<Bytes>, exists: impl Fn(&str) -> bool) -> Response<Bytes> {
        let Ok(user) = self.shown(request) else {
            return json_answer(
                StatusCode::UNAUTHORIZED,
                &json!({ "details": "incorrect username or password" }),
            );
        };
        let mut access = Vec::new();
        for scope in values(request, "scope") {
            let mut parts = scope.splitn(3, ':');
            let (Some("repository"), Some(name), Some(actions)) = (parts.next(), parts.next(), parts.next())
            else {
                continue;
            };
            let wanted = actions.split(',').filter(|action| {
                [Right::Pull, Right::Push, Right::Delete].into_iter().any(|right| {
                    right.word() == *action && self.may(user.as_deref(), name, right, exists(name))
                })
            });
            let granted: Vec<&str> = wanted.collect();
            access.push(json!({ "type": "repository", "name": name, "actions": granted }));
        }
        let token = seal(&json!({ "sub": user.unwrap_or_default(), "access": access }));
        json_answer(
            StatusCode::OK,
            &json!({ "token": token, "access_token": token, "expires_in": 300, "issued_at": "2026-01-05T09:00:00Z" }),
        )
    }

    fn may(&self, user: Option<&str>, name: &str, right: Right, exists: bool) -> bool {
        if !self.namespaces {
            return user.is_some();
        }
        let owns = user.is_some_and(|user| name.split_once('/').is_some_and(|(space, _)| space == user));
        owns || (right == Right::Pull && exists && !self.private.contains(name))
    }

    /// True when who sends a request may read a repository besides the one that it names.
    pub(super) fn may_read(&self, request: &Request<Bytes>, name: &str) -> bool {
        match self.scheme {
            Scheme::Open => true,
            Scheme::Basic => self.shown(request).is_ok_and(|user| user.is_some()),
            Scheme::Bearer => {
                bearer(request).is_some_and(|token| self.may(subject(&token), name, Right::Pull, true))
            }
        }
    }

    /// The refusal of a request that does not show the right to a repository; without one, that it shows anything.
    pub(super) fn refusal(
        &self,
        request: &Request<Bytes>,
        wanted: Option<(&str, Right)>,
    ) -> Option<Response<Bytes>> {
        let words = "authentication required";
        match self.scheme {
            Scheme::Open => None,
            Scheme::Basic => {
                if self.may_read(request, "") {
                    return None;
                }
                let mut response = error(StatusCode::UNAUTHORIZED, Code::Unauthorized, words);
                set(&mut response, "www-authenticate", &format!("Basic realm=\"{}\"", self.realm));
                Some(response)
            }
            Scheme::Bearer => {
                let token = bearer(request);
                let granted =
                    token.as_ref().is_some_and(|t| wanted.is_none_or(|(name, r)| grants(t, name, r)));
                if granted {
                    return None;
                }
                let mut challenge = format!("Bearer realm=\"{}\",service=\"{}\"", self.realm, self.service);
                let mut detail = Value::Null;
                if let Some((name, right)) = wanted {
                    let actions = if right == Right::Push { "pull,push" } else { right.word() };
                    challenge.push_str(&format!(",scope=\"repository:{name}:{actions}\""));
                    detail =
                        json!([{ "Type": "repository", "Class": "", "Name": name, "Action": right.word() }]);
                }
                let (mut code, mut words) = (Code::Unauthorized, words);
                if token.is_some() {
                    challenge.push_str(",error=\"insufficient_scope\"");
                    (code, words) = (Code::Denied, "requested access to the resource is denied");
                }
                let mut response = error_about(StatusCode::UNAUTHORIZED, code, words, &detail);
                set(&mut response, "www-authenticate", &challenge);
                Some(response)
            }
        }
    }

    /// The refusal of a manifest to a stranger who has pulled too much.
    pub(super) fn exceeded(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let left = self.limit.filter(|_| self.is_counted(request))?;
        if left.0 > 0 {
            return None;
        }
        let words = "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit";
        Some(error(StatusCode::TOO_MANY_REQUESTS, Code::TooManyRequests, words))
    }

    /// Counts an image that was given to a stranger, and tells how many are left.
    pub(super) fn count(&mut self, request: &Request<Bytes>, response: &mut Response<Bytes>) {
        let Some((left, of)) = self.limit else { return };
        let media_type = response.headers().get("content-type").and_then(|v| v.to_str().ok());
        let image = media_type.is_some_and(|t| !t.contains("index") && !t.contains("manifest.list"));
        let mut left = left;
        if self.is_counted(request) && request.method() == Method::GET && image {
            left = left.saturating_sub(u32::from(response.status() == StatusCode::OK));
        }
        self.limit = Some((left, of));
        set(response, "ratelimit-limit", &format!("{of};w=21600"));
        set(response, "ratelimit-remaining", &format!("{left};w=21600"));
    }

    fn is_counted(&self, request: &Request<Bytes>) -> bool {
        request.method() == Method::GET && bearer(request).is_none_or(|token| subject(&token).is_none())
    }
}

impl Registry {
    /// `/token`: where a registry with tokens gives them.
    pub(super) fn token(&self, request: &Request<Bytes>) -> Response<Bytes> {
        if self.access.scheme != Scheme::Bearer {
            return error(StatusCode::NOT_FOUND, Code::Unsupported, "404 page not found");
        }
        self.access.token(request, |name| self.repositories.contains_key(name))
    }

    /// True when somebody's repositories are here: the name is taken.
    pub fn has_namespace(&self, user: &str) -> bool {
        self.repositories.keys().any(|name| name.split_once('/').is_some_and(|(space, _)| space == user))
    }
}

fn bearer(request: &Request<Bytes>) -> Option<Value> {
    unseal(header_text(request, AUTHORIZATION)?.strip_prefix("Bearer ")?)
}

fn subject(token: &Value) -> Option<&str> {
    token["sub"].as_str().filter(|user| !user.is_empty())
}

fn grants(token: &Value, name: &str, right: Right) -> bool {
    token["access"].as_array().into_iter().flatten().any(|entry| {
        let actions = entry["actions"].as_array();
        entry["name"] == name && actions.is_some_and(|a| a.iter().any(|action| action == right.word()))
    })
}
