//! Upstream HTTP: one client, tries and their pauses, and what a failure is called.

use std::time::{Duration, Instant};

use bytes::Bytes;
use dialect::{ErrorKind, error};
use http::{HeaderMap, HeaderValue, StatusCode};
use ledger::Outcome;
use secrecy::ExposeSecret;
use serde_json::Value;
use spec::{Dialect, model::Endpoint};

use crate::{config::UpstreamLimits, keys::Keys};

/// Names a file of further root certificates, in PEM.
const CA_BUNDLE: &str = "OVERHANG_CA_BUNDLE";
/// What is read of an error's body, in bytes.
const ERROR_BODY: usize = 1 << 20;

/// A request to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    /// In words, without anything of the host or the key.
    pub(crate) detail: String,
    /// The error's status and body as they came, when there were any.
    pub(crate) answer: Option<(u16, Bytes)>,
    /// Whether another try may help, and how long the provider asks to wait.
    pub(crate) retry: Option<Option<Duration>>,
    /// Whether the provider will have billed what it did.
    pub(crate) billed: bool,
}

impl Failure {
    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), answer: None, retry: None, billed: false }
    }

    pub(crate) fn worth_a_retry(mut self) -> Self {
        self.retry = Some(None);
        self
    }

    pub(crate) fn after_work(mut self) -> Self {
        self.billed = true;
        self
    }

    /// The outcome of a trial that cannot go on for this; `None` where the request itself was refused.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self.kind {
            ErrorKind::RateLimit => Some(Outcome::Provider429),
            ErrorKind::Overloaded | ErrorKind::Upstream => Some(Outcome::Provider5xx),
            ErrorKind::Authentication | ErrorKind::Permission | ErrorKind::Billing => {
                Some(Outcome::ProviderAuth)
            }
            ErrorKind::Internal => Some(Outcome::OrchBug),
            ErrorKind::InvalidRequest | ErrorKind::NotFound | ErrorKind::Method | ErrorKind::TooLarge => None,
        }
    }
}

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

/// The headers that a provider asks for, its key among them.
pub(crate) fn headers(endpoint: &Endpoint, keys: &Keys, passed_on: &HeaderMap) -> Result<HeaderMap, Failure> {
    let wrong = |name: &str| Failure::new(ErrorKind::Internal, format!("header `{name}` cannot be sent"));
    let mut headers = HeaderMap::new();
    headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // Bytes must reach the meter as they are.
    headers.insert(http::header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if endpoint.dialect == Dialect::AnthropicMessages {
        headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    }
    for (name, value) in passed_on {
        headers.insert(name.clone(), value.clone());
    }
    for (name, value) in &endpoint.headers {
        let known = http::HeaderName::try_from(name.as_str()).map_err(|_| wrong(name))?;
        headers.insert(known, HeaderValue::try_from(value.as_str()).map_err(|_| wrong(name))?);
    }
    if let Some(key) = endpoint.key_env.as_deref().and_then(|variable| keys.get(variable)) {
        let key = key.expose_secret();
        let (name, value) = match endpoint.dialect {
            Dialect::AnthropicMessages => ("x-api-key", key.to_owned()),
            Dialect::OpenaiChat | Dialect::OpenaiResponses => ("authorization", format!("Bearer {key}")),
            Dialect::Gemini => ("x-goog-api-key", key.to_owned()),
        };
        let mut value = HeaderValue::try_from(value).map_err(|_| wrong(name))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

/// One try: the answer's head, when it is a success.
pub(crate) async fn send(
    client: &reqwest::Client,
    outgoing: &Outgoing,
    limits: &UpstreamLimits,
    keys: &Keys,
) -> Result<reqwest::Response, Failure> {
    let request =
        client.post(&outgoing.url).headers(outgoing.headers.clone()).body(outgoing.body.clone()).send();
    let response = match tokio::time::timeout(limits.silence, request).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            let detail = format!("the provider cannot be reached: {}", chain(&error.without_url()));
            return Err(Failure::new(ErrorKind::Upstream, detail).worth_a_retry());
        }
        Err(_) => {
            return Err(
                Failure::new(ErrorKind::Upstream, "the provider did not answer in time").worth_a_retry()
            );
        }
    };
    if response.status() == StatusCode::OK {
        return Ok(response);
    }
    Err(refused(response, limits.silence, keys).await)
}

async fn refused(mut response: reqwest::Response, silence: Duration, keys: &Keys) -> Failure {
    let status = response.status().as_u16();
    let wait = retry_after(response.headers());
    let mut body = Vec::new();
    while body.len() < ERROR_BODY
        && let Ok(Ok(Some(chunk))) = tokio::time::timeout(silence, response.chunk()).await
    {
        body.extend_from_slice(&chunk);
    }
    let body = keys.redact(&String::from_utf8_lossy(&body));
    let said = serde_json::from_str::<Value>(&body).ok().and_then(|body| error::decode(&body));
    let mut kind = error::of_status(u64::from(status));
    // A success that is none, or a redirection, is as good as a broken provider.
    if status < 400 {
        kind = ErrorKind::Upstream;
    }
    let words = said.map_or_else(String::new, |error| format!(": {}", error.message));
    let mut failure = Failure::new(kind, format!("the provider answered {status}{words}"));
    failure.answer = (status >= 400).then(|| (status, body.into()));
    if matches!(status, 408 | 429 | 500..) {
        failure.retry = Some(wait);
    }
    failure
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// An error and its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}

/// The tries of one call.
#[derive(Debug)]
pub(crate) struct Tries {
    limits: UpstreamLimits,
    began: Instant,
    made: u32,
}

impl Tries {
    pub(crate) fn new(limits: UpstreamLimits) -> Self {
        Self { limits, began: Instant::now(), made: 1 }
    }

    /// The pause before the next try; `None` when there is none.
    pub(crate) fn next(&mut self, failure: &Failure) -> Option<Duration> {
        let asked = failure.retry?;
        if self.made >= self.limits.tries {
            return None;
        }
        let doubled = self.limits.pause * 2u32.saturating_pow(self.made - 1);
        // Many trials fail at once; they must not all come back at once.
        let jitter = doubled.mul_f64(f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX) / 2.0);
        let pause = asked.unwrap_or(doubled + jitter);
        if self.began.elapsed() + pause > self.limits.envelope {
            return None;
        }
        self.made += 1;
        Some(pause)
    }

    /// How many were made.
    pub(crate) fn made(&self) -> u32 {
        self.made
    }
}
