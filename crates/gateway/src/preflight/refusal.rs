//! Why a model does not answer, and what to do about it.

use dialect::ErrorKind;
use spec::{
    Model,
    model::{Auth, Endpoint},
};

use crate::provider::{Failure, Retry};

/// What keeps a model from answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The key is not taken (401), or cannot be had.
    Key,
    /// There is no credit left (402).
    Credit,
    /// The key may not use the model (403).
    Forbidden,
    /// There is no such model, or no such place (404).
    Name,
    /// The request is not taken as it is written.
    Request,
    /// What comes is no answer.
    Answer,
    /// The provider is busy, fails, or cannot be reached: it may pass.
    Busy,
}

/// A model that does not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("model `{model}`: {said}")]
pub struct Refusal {
    /// The model's id.
    pub model: String,
    /// Why.
    pub cause: Cause,
    /// The same in words, with those of the provider.
    pub said: String,
    /// The way out.
    pub fix: String,
}

impl Refusal {
    /// Whether it may answer later though nobody does anything.
    pub fn passes(&self) -> bool {
        self.cause == Cause::Busy
    }

    /// Whether somebody may do something about it while one waits: pay, say, or allow the model.
    pub fn can_be_waited_for(&self) -> bool {
        matches!(self.cause, Cause::Busy | Cause::Key | Cause::Credit | Cause::Forbidden | Cause::Name)
    }

    pub(super) fn without_endpoint(model: &Model) -> Self {
        let said = "it is simulated, and has no place to be asked at".to_owned();
        Self {
            model: model.id.clone(),
            cause: Cause::Request,
            said,
            fix: "there is nothing to do".to_owned(),
        }
    }

    pub(super) fn fixed_by(self, fix: String) -> Self {
        Self { fix, ..self }
    }
}

/// The refusal that a failure is.
pub(super) fn of(model: &Model, endpoint: &Endpoint, failure: &Failure) -> Refusal {
    let cause = match failure.kind {
        _ if failure.retry != Retry::Never => Cause::Busy,
        ErrorKind::Authentication => Cause::Key,
        ErrorKind::Billing => Cause::Credit,
        ErrorKind::Permission => Cause::Forbidden,
        ErrorKind::NotFound => Cause::Name,
        ErrorKind::RateLimit | ErrorKind::Overloaded => Cause::Busy,
        ErrorKind::Upstream => Cause::Answer,
        ErrorKind::InvalidRequest | ErrorKind::Method | ErrorKind::TooLarge | ErrorKind::Internal => {
            Cause::Request
        }
    };
    let fix = match cause {
        Cause::Key => format!("check {}, and that it is a key for {}", key(endpoint), endpoint.base_url),
        Cause::Credit => "add credit to the provider's account".to_owned(),
        Cause::Forbidden => format!("allow `{}` for {}", endpoint.model, key(endpoint)),
        Cause::Name if about_tools(failure) => tools(),
        Cause::Name => format!(
            "check `model` (`{}`) and `base_url` ({}) in [endpoint]",
            endpoint.model, endpoint.base_url
        ),
        Cause::Request => request(model, endpoint, failure),
        Cause::Answer => format!("check that {} speaks `{}`", endpoint.base_url, endpoint.dialect),
        Cause::Busy => format!("wait, and see that {} can be reached", endpoint.base_url),
    };
    Refusal { model: model.id.clone(), cause, said: failure.detail.clone(), fix }
}

/// Where the key is.
fn key(endpoint: &Endpoint) -> String {
    match (&endpoint.key_env, &endpoint.key_file, &endpoint.key_command, endpoint.auth()) {
        (Some(variable), ..) => format!("the key in {variable}"),
        (None, Some(file), ..) => format!("the key in {file}"),
        (None, None, Some(_), _) => "the key that `key_command` prints".to_owned(),
        (.., Auth::Sigv4) => "the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
        (.., Auth::ServiceAccount) => "the key in GOOGLE_APPLICATION_CREDENTIALS".to_owned(),
        (.., Auth::Metadata) => "the account of this machine".to_owned(),
        _ => "the key: the profile names none (`key_env`)".to_owned(),
    }
}

fn about_tools(failure: &Failure) -> bool {
    failure.detail.to_lowercase().contains("tool")
}

fn tools() -> String {
    "switch tool calls on in the server, or say `tool_calls = \"text\"` in [endpoint]; harnesses need them"
        .to_owned()
}

/// What in a profile made a request that the provider does not take.
fn request(model: &Model, endpoint: &Endpoint, failure: &Failure) -> String {
    let words = failure.detail.to_lowercase();
    let says = |names: &[&str]| names.iter().any(|name| words.contains(name));
    if model.sampling.effort.is_some() && says(&["effort", "reasoning"]) {
        return "take `effort` out of [sampling], or name one that the model knows".to_owned();
    }
    if says(&["temperature", "top_p", "top_k", "topp", "topk"]) {
        return "take out of [sampling] what the model does not accept".to_owned();
    }
    if about_tools(failure) {
        return tools();
    }
    if !endpoint.extra_body.is_empty()
        && endpoint.extra_body.keys().any(|key| words.contains(&key.to_lowercase()))
    {
        return "take out of `extra_body` what the provider does not know".to_owned();
    }
    if says(&["model"]) {
        return format!("check `model` (`{}`) in [endpoint]", endpoint.model);
    }
    format!(
        "check [endpoint] and [sampling]: {} does not take what they make of a request",
        endpoint.base_url
    )
}
