//! HTTP to providers: one client, one try, and what its failure is called.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use dialect::{ErrorKind, error};
use http::{HeaderMap, Request, header::RETRY_AFTER};
use serde_json::Value;

use super::{
    failure::{Failure, Retry},
    limits::UpstreamLimits,
    secrets::Secrets,
};

/// Names a file of further root certificates, in PEM.
const CA_BUNDLE: &str = "OVERHANG_CA_BUNDLE";
/// What is read of an error's body, in bytes.
const ERROR_BODY: usize = 1 << 20;

/// Longest words kept of an error in no dialect's form, in characters.
const PLAIN: usize = 2000;

/// The client for all upstreams. Proxies come from the environment.
pub(crate) fn client(limits: &UpstreamLimits, encrypted: bool) -> Result<reqwest::Client, String> {
    // Fails when another part of the program installed one: as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    let builder = reqwest::Client::builder()
        .connect_timeout(limits.connect)
        .tcp_nodelay(true)
        .redirect(reqwest::redirect::Policy::none());
    let builder = match std::env::var(CA_BUNDLE) {
        Ok(path) if encrypted => {
            let pem = fs_err::read(&path).map_err(|error| format!("{CA_BUNDLE}: {error}"))?;
            let roots = reqwest::Certificate::from_pem_bundle(&pem);
            builder.tls_certs_merge(roots.map_err(|error| format!("{CA_BUNDLE}: {path}: {error}"))?)
        }
        _ if encrypted => builder,
        // Without any https endpoint no roots are asked for: a bare host may have none.
        _ => builder.tls_certs_only([]),
    };
    builder.build().map_err(|error| chain(&error))
}

/// One try: the answer's head, when it is a success.
pub(crate) async fn send(
    client: &reqwest::Client,
    request: Request<Bytes>,
    limits: &UpstreamLimits,
    secrets: &Secrets,
) -> Result<reqwest::Response, Failure> {
    let unreachable = |error: reqwest::Error| {
        let detail = format!("the provider cannot be reached: {}", chain(&error.without_url()));
        Failure::new(ErrorKind::Upstream, detail).worth_a_retry()
    };
    let request = reqwest::Request::try_from(request).map_err(unreachable)?;
    let response = match tokio::time::timeout(limits.silence, client.execute(request)).await {
        Ok(response) => response.map_err(unreachable)?,
        Err(_) => {
            let detail = "the provider did not answer in time";
            return Err(Failure::new(ErrorKind::Upstream, detail).worth_a_retry());
        }
    };
    // Some servers answer what is asked by POST with another success.
    if matches!(response.status().as_u16(), 200..=203 | 206) {
        return Ok(response);
    }
    Err(refused(response, limits.silence, secrets).await)
}

async fn refused(mut response: reqwest::Response, silence: Duration, secrets: &Secrets) -> Failure {
    let status = response.status().as_u16();
    let wait = retry_after(response.headers(), SystemTime::now());
    let mut body = Vec::new();
    while body.len() < ERROR_BODY
        && let Ok(Ok(Some(chunk))) = tokio::time::timeout(silence, response.chunk()).await
    {
        body.extend_from_slice(&chunk);
    }
    let body = secrets.redact(&String::from_utf8_lossy(&body));
    let said = serde_json::from_str::<Value>(&body).ok();
    let error = said.as_ref().and_then(error::decode);
    // OpenAI's status for an account without money is the one for too many requests; waiting does not fill it.
    let unpaid = error.as_ref().is_some_and(|error| error.kind == ErrorKind::Billing);
    let said = error.map(|error| error.message).or_else(|| plain(said.as_ref()?));
    let mut kind = error::of_status(u64::from(status));
    // A success that is none, or a redirection, is as good as a broken provider.
    if status < 400 {
        kind = ErrorKind::Upstream;
    }
    if unpaid {
        kind = ErrorKind::Billing;
    }
    let words = said.map_or_else(String::new, |words| format!(": {words}"));
    let mut failure = Failure::new(kind, format!("the provider answered {status}{words}"));
    failure.answer = (status >= 400).then(|| (status, body.into()));
    if matches!(status, 408 | 429 | 500..) && !unpaid {
        failure.retry = wait.map_or(Retry::Paused, Retry::After);
    }
    failure
}

/// The words of an error that is in no dialect's form: AWS's, and those of web frameworks.
fn plain(body: &Value) -> Option<String> {
    let words = ["message", "Message", "detail"].into_iter().find_map(|key| body.get(key)?.as_str())?;
    Some(words.chars().take(PLAIN).collect())
}

/// How long a provider asks to wait: in milliseconds, in seconds, or until a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |name: &str| text(name)?.parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number(RETRY_AFTER.as_str()));
    let date = || httpdate::parse_http_date(text(RETRY_AFTER.as_str())?).ok();
    match seconds {
        Some(seconds) => Duration::try_from_secs_f64(seconds).ok(),
        None => date().map(|date| date.duration_since(now).unwrap_or_default()),
    }
}

/// An error and its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_may_be_told_in_three_ways() {
        let now = httpdate::parse_http_date("Fri, 31 Dec 1999 23:59:29 GMT").unwrap();
        let told = |headers: &[(&'static str, &str)]| {
            let headers = headers.iter().map(|(name, value)| {
                (http::HeaderName::from_static(name), http::HeaderValue::from_str(value).unwrap())
            });
            retry_after(&headers.collect(), now)
        };
        let (ms, after) = ("retry-after-ms", "retry-after");
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[(after, "1.5")]), Some(Duration::from_millis(1500)));
        assert_eq!(told(&[(after, "9"), (ms, "250")]), Some(Duration::from_millis(250)));
        assert_eq!(told(&[(after, "Fri, 31 Dec 1999 23:59:59 GMT")]), Some(Duration::from_secs(30)));
        assert_eq!(told(&[(after, "Fri, 31 Dec 1999 23:59:09 GMT")]), Some(Duration::ZERO), "it is over");
        assert_eq!(told(&[(after, "soon")]), None);
        assert_eq!(told(&[(after, "-1")]), None);
    }
}
