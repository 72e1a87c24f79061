//! What stands in an address: names within its path, and what is asked behind it. Read, or refused in our form.

use axum::RequestPartsExt as _;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Refusal;

/// The one name in a path.
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let path = parts.extract::<Path<String>>().await;
        let refused = |error| Refusal::body(format!("the address cannot be read: {error}"));
        path.map(|Path(name)| Self(name)).map_err(refused)
    }
}

/// What is asked behind a path.
pub(crate) struct Asked<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + 'static> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let query = Query::<T>::try_from_uri(&parts.uri);
        let refused = |error| Refusal::body(format!("the address cannot be read: {error}"));
        query.map(|Query(asked)| Self(asked)).map_err(refused)
    }
}
