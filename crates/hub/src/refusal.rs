//! What a hub's refusal means, and what to do about it.
//!
//! The status says little: 401 is also what somebody without a token hears of a model that does not
//! exist. The header `X-Error-Code` says more, where it is there: `GatedRepo`, `RepoNotFound`,
//! `RevisionNotFound`, `EntryNotFound`.

use ureq::http::HeaderMap;

use crate::{Error, Reference};

/// What was asked for, and by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// The hub's address.
    pub(crate) endpoint: &'a str,
    /// The model.
    pub(crate) reference: &'a Reference,
    /// A file of it.
    pub(crate) path: Option<&'a str>,
    /// Whether a token was given.
    pub(crate) has_token: bool,
}

/// The error of a status that is no success and will not pass by itself.
pub(crate) fn refusal(about: &About<'_>, status: u16, headers: &HeaderMap) -> Error {
    let About { endpoint, reference, .. } = about;
    let id = &reference.id;
    let code = headers.get("x-error-code").and_then(|code| code.to_str().ok()).unwrap_or("");
    let words = match (code, status) {
        ("GatedRepo", _) => gated(about),
        ("RevisionNotFound", _) => {
            format!(
                "{id} has no revision {:?}; {endpoint}/{id} shows which it has",
                reference.revision
            )
        }
        ("EntryNotFound", _) => {
            format!("{id} has no file {:?} any more; pull again", about.path.unwrap_or_default())
        }
        (_, 401) if about.has_token => format!(
            "{endpoint} does not take this token for {id}; see that it is whole and still valid, or \
             leave it out (--token, HF_TOKEN) if the model is public"
        ),
        (_, 401) => format!(
            "{endpoint} shows nobody a model {id}; see that the name is right. If it is private or \
             gated, give the token of an account that may read it (--token or HF_TOKEN)"
        ),
        (_, 403) => format!(
            "{endpoint} does not let this token read {id}; give it the right to, or take another \
             (--token or HF_TOKEN)"
        ),
        (_, 404) => format!("{endpoint} has no model {id}; see that the name is right"),
        _ => format!("{endpoint} answers {status} when asked for {id}; see that it is a hub"),
    };
    Error::Refused(words)
}

fn gated(about: &About<'_>) -> String {
    let (endpoint, id) = (about.endpoint, &about.reference.id);
    let terms = format!("{id} is gated: accept its terms at {endpoint}/{id}");
    match about.has_token {
        true => format!("{terms} with the account of your token, and wait until it is let in"),
        false => format!("{terms}, and give the token of that account (--token or HF_TOKEN)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, code: &str, has_token: bool, expected: &[&str]) {
        let reference = "a/b@v1".parse().unwrap();
        let about = About {
            endpoint: "https://hub",
            reference: &reference,
            path: Some("c.json"),
            has_token,
        };
        let mut headers = HeaderMap::new();
        headers.insert("x-error-code", code.parse().unwrap());
        let error = refusal(&about, status, &headers).to_string();
        expected.iter().for_each(|word| assert!(error.contains(word), "{word:?} in {error}"));
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        check(401, "GatedRepo", false, &["accept its terms at https://hub/a/b", "HF_TOKEN"]);
        check(403, "GatedRepo", true, &["accept its terms", "account of your token"]);
        check(401, "", false, &["see that the name is right", "--token"]);
        check(401, "RepoNotFound", true, &["does not take this token"]);
        check(403, "", true, &["does not let this token read a/b"]);
        check(404, "RepoNotFound", false, &["has no model a/b"]);
        check(404, "RevisionNotFound", false, &["no revision \"v1\""]);
        check(404, "EntryNotFound", false, &["no file \"c.json\""]);
        check(418, "", false, &["418", "see that it is a hub"]);
    }
}
