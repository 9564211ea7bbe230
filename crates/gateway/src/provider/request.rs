//! What the requests of all kinds of providers have in common.

use bytes::Bytes;
use dialect::ErrorKind;
use http::{
    HeaderName, HeaderValue, Request,
    header::{ACCEPT_ENCODING, CONTENT_TYPE},
};
use secrecy::ExposeSecret as _;
use spec::model::Endpoint;

use super::{Failure, Outgoing, Secrets};

/// The URL of `path`. `version` stands before it, unless the base URL ends in one of its own.
pub(super) fn url(endpoint: &Endpoint, version: &str, path: &str) -> String {
    let base = endpoint.base_url.trim_end_matches('/');
    let last = base.rsplit('/').next().unwrap_or_default();
    let versioned = last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if versioned { format!("{base}/{path}") } else { format!("{base}/{version}/{path}") }
}

/// Adds what the client asked for by query. `beta=true` is the provider's business; a token is not.
pub(super) fn with_query(mut url: String, query: Option<&str>) -> String {
    let pairs = query.into_iter().flat_map(|query| query.split('&'));
    let kept: Vec<&str> = pairs.filter(|pair| !pair.is_empty() && !pair.starts_with("key=")).collect();
    if !kept.is_empty() {
        url.push('?');
        url.push_str(&kept.join("&"));
    }
    url
}

/// A request with the headers that every provider gets: the client's own, and the profile's after them.
pub(super) fn post(url: &str, endpoint: &Endpoint, outgoing: &Outgoing) -> Result<Request<Bytes>, Failure> {
    // As it goes over the wire: a signature covers these characters.
    let url = reqwest::Url::parse(url).map(String::from).unwrap_or_default();
    let mut request = Request::post(url)
        .body(outgoing.body.clone())
        .map_err(|_| Failure::new(ErrorKind::Upstream, "the provider cannot be reached: no such URL"))?;
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Bytes must reach the meter as they are.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    for (name, value) in &outgoing.headers {
        headers.insert(name.clone(), value.clone());
    }
    for (name, value) in &endpoint.headers {
        let known = HeaderName::try_from(name.as_str()).map_err(|_| unsendable(name))?;
        headers.insert(known, HeaderValue::try_from(value.as_str()).map_err(|_| unsendable(name))?);
    }
    Ok(request)
}

/// Puts the key into header `name`, after `scheme`; nothing where the endpoint has none.
pub(super) fn put_key(
    request: &mut Request<Bytes>,
    (name, scheme): (&'static str, &str),
    endpoint: &Endpoint,
    secrets: &Secrets,
) -> Result<(), Failure> {
    if let Some(key) = endpoint.key_env.as_ref().and_then(|variable| secrets.get(variable)) {
        let value = format!("{scheme}{}", key.expose_secret());
        let mut value = HeaderValue::try_from(value).map_err(|_| unsendable(name))?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    Ok(())
}

fn unsendable(name: &str) -> Failure {
    Failure::new(ErrorKind::Internal, format!("header `{name}` cannot be sent"))
}
