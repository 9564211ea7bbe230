//! What the requests of all kinds of providers have in common.

use bytes::Bytes;
use dialect::ErrorKind;
use http::{
    HeaderName, HeaderValue, Request,
    header::{ACCEPT_ENCODING, CONTENT_TYPE},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use spec::{Dialect, model::Endpoint};

use super::{Failure, Outgoing};

/// What a segment of a path, or a value of a query, cannot hold as it is (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as one segment of a path, or as one value of a query.
pub(super) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// What OpenAI's API calls the operation of a dialect.
pub(super) fn openai_operation(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenaiResponses => "responses",
        _ => "chat/completions",
    }
}

/// The URL of `operation`. `version` stands before it, unless the base URL ends in one of its own.
pub(super) fn url(endpoint: &Endpoint, outgoing: &Outgoing, version: &str, operation: &str) -> String {
    url_by(endpoint, outgoing, operation, (version, operation))
}

/// The URL of `path`, which carries out `method`. `version` stands before it, unless the base URL ends in one of its
/// own.
pub(super) fn url_by(
    endpoint: &Endpoint,
    outgoing: &Outgoing,
    method: &str,
    (version, path): (&str, &str),
) -> String {
    let base = endpoint.base_url.trim_end_matches('/');
    let last = base.rsplit('/').next().unwrap_or_default();
    let versioned = last.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let path = if versioned { format!("/{path}") } else { format!("/{version}/{path}") };
    at(endpoint, outgoing, method, &path)
}

/// The URL of `path` below the base URL, or of the path that the profile gives instead.
pub(super) fn at(endpoint: &Endpoint, outgoing: &Outgoing, method: &str, path: &str) -> String {
    let base = endpoint.base_url.trim_end_matches('/');
    match &endpoint.path {
        Some(own) => {
            let own = own.replace("{model}", &encoded(&outgoing.model)).replace("{method}", method);
            format!("{base}{own}")
        }
        None => format!("{base}{path}"),
    }
}

/// Adds what the client asked for by query. `beta=true` is the provider's business; a token is not.
pub(super) fn with_query(mut url: String, query: Option<&str>) -> String {
    let pairs = query.into_iter().flat_map(|query| query.split('&'));
    let kept: Vec<&str> = pairs.filter(|pair| !pair.is_empty() && !pair.starts_with("key=")).collect();
    if !kept.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
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

pub(super) fn unsendable(name: &str) -> Failure {
    Failure::new(ErrorKind::Internal, format!("header `{name}` cannot be sent"))
}
