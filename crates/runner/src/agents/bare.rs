//! The bare loop: the gateway's session is its model, the container's guest its shell.

use std::{sync::Arc, time::Duration};

use agent::{Answer, End, Failure, ModelError, Profile};
use async_trait::async_trait;
use bytes::Bytes;
use dialect::neutral::{Request, Response};
use gateway::{EXHAUSTED_HEADER, Session};
use http_body_util::BodyExt;
use ledger::Outcome;
use sandbox::Sandbox;
use spec::{Dialect, model::ToolCalls};
use tokio::time::Instant;

use crate::{
    agents::{capture::Capture, end::AgentEnd},
    attempt::Try,
};

/// Runs the bare loop until it ends or a limit ends it.
pub(crate) async fn run(
    this: &Try<'_>,
    session: &Session,
    sandbox: &dyn Sandbox,
    capture: Option<Arc<Capture>>,
) -> AgentEnd {
    let endpoint = this.model.endpoint.as_ref();
    let model = SessionModel {
        session: session.clone(),
        dialect: endpoint.map_or(Dialect::OpenaiChat, |endpoint| endpoint.dialect),
        capture,
    };
    let config = agent::Config {
        model: this.model_name().to_owned(),
        system: this.prompt.to_owned(),
        instruction: this.site.task.instruction.clone(),
        workdir: this.site.workdir.clone(),
        profile: match endpoint.map(|endpoint| endpoint.tool_calls).unwrap_or_default() {
            ToolCalls::Native => Profile::Native,
            ToolCalls::Text => Profile::Text,
        },
        announcement: this.announcement(),
        turns: this.site.limits.turns,
        deadline: Instant::now() + this.site.wall(),
        command_limit: Duration::from_secs(this.site.limits.command_sec),
        output_chars: 10_000,
        context: this.model.limits.context,
        max_output: this.model.limits.output,
    };
    let end = agent::run(&config, &model, &this.site.shell(sandbox.guest()), &mut |_| {}).await;
    let ended = |outcome| AgentEnd { outcome: Some(outcome), ..AgentEnd::default() };
    let failed = |outcome, detail: &str| AgentEnd {
        outcome: Some(outcome),
        model_failed: true,
        detail: detail.to_owned(),
        ..AgentEnd::default()
    };
    match end {
        End::Done => AgentEnd::default(),
        End::Budget => ended(Outcome::Budget),
        End::Turns => ended(Outcome::Turns),
        End::Wall => ended(Outcome::Wall),
        End::Context => ended(Outcome::ContextOverflow),
        End::Malformed => ended(Outcome::Malformed),
        End::Refusal => ended(Outcome::Refusal),
        End::ModelFailed(Failure::RateLimit) => failed(Outcome::Provider429, "the provider limits the rate"),
        End::ModelFailed(Failure::Server) => failed(Outcome::Provider5xx, "the provider failed"),
        End::ModelFailed(Failure::Auth) => failed(Outcome::ProviderAuth, "the provider refused the key"),
        End::ModelFailed(Failure::Unreachable) => {
            failed(Outcome::Provider5xx, "the provider was not reached")
        }
        End::ModelFailed(Failure::Protocol) => {
            failed(Outcome::OrchBug, "the provider and we do not agree on the format")
        }
        End::ShellLost => AgentEnd {
            outcome: Some(Outcome::SelfKill),
            detail: "the container ended while a command ran".into(),
            ..AgentEnd::default()
        },
    }
}

/// A session as a model.
struct SessionModel {
    session: Session,
    dialect: Dialect,
    capture: Option<Arc<Capture>>,
}

impl SessionModel {
    /// How long the container has stood still for captures.
    async fn paused(&self) -> Duration {
        match &self.capture {
            Some(capture) => capture.paused().await,
            None => Duration::ZERO,
        }
    }
}

#[async_trait]
impl agent::Model for SessionModel {
    async fn answer(&self, request: Request) -> Result<Answer, ModelError> {
        let encoded = dialect::encode_request(self.dialect, &request).map_err(protocol)?;
        let body = Bytes::from(encoded.body.to_string());
        let http = http::Request::post(path(self.dialect, &request.model))
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(protocol)?;
        let paused = self.paused().await;
        let response = gateway::request(&self.session, http).await;
        let status = response.status();
        let exhausted = response.headers().contains_key(EXHAUSTED_HEADER);
        let body = response.into_body().collect().await.map_err(protocol)?.to_bytes();
        if !status.is_success() {
            return Err(if exhausted { ModelError::Exhausted } else { refusal(status.as_u16(), &body) });
        }
        let value = serde_json::from_slice(&body).map_err(protocol)?;
        let response: Response = dialect::decode_response(self.dialect, value).map_err(protocol)?.value;
        let paused = self.paused().await.saturating_sub(paused);
        Ok(Answer { response, exhausted, used: self.session.summary().used, paused })
    }
}

fn path(dialect: Dialect, model: &str) -> String {
    match dialect {
        Dialect::AnthropicMessages => "/v1/messages".to_owned(),
        Dialect::OpenaiChat => "/v1/chat/completions".to_owned(),
        Dialect::OpenaiResponses => "/v1/responses".to_owned(),
        Dialect::Gemini => format!("/v1beta/models/{model}:generateContent"),
    }
}

fn protocol(error: impl std::fmt::Display) -> ModelError {
    ModelError::Failed { class: Failure::Protocol, message: error.to_string() }
}

/// What a failed call says, by status and text. Providers tell an overflow of the window and a content filter by
/// text only.
fn refusal(status: u16, body: &[u8]) -> ModelError {
    let message = String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned();
    let text = message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let class = match status {
        413 => return ModelError::ContextOverflow,
        400 | 422
            if says(&[
                "context_length",
                "context length",
                "context window",
                "prompt is too long",
                "maximum context",
                "exceeds the context",
                "too many tokens",
            ]) =>
        {
            return ModelError::ContextOverflow;
        }
        400 | 403
            if says(&["content_filter", "content filter", "content management policy", "usage policies"]) =>
        {
            return ModelError::Refused;
        }
        401 | 403 => Failure::Auth,
        429 => Failure::RateLimit,
        502..=504 if says(&["unreachable"]) => Failure::Unreachable,
        500.. => Failure::Server,
        _ => Failure::Protocol,
    };
    ModelError::Failed { class, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_classed_by_status_and_text() {
        let class = |status, text: &str| match refusal(status, text.as_bytes()) {
            ModelError::Failed { class, .. } => Some(class),
            _ => None,
        };
        assert_eq!(refusal(400, b"prompt is too long: 210000 tokens"), ModelError::ContextOverflow);
        assert_eq!(refusal(400, br#"{"code":"content_filter"}"#), ModelError::Refused);
        assert_eq!(class(429, ""), Some(Failure::RateLimit));
        assert_eq!(class(401, ""), Some(Failure::Auth));
        assert_eq!(class(529, ""), Some(Failure::Server));
        assert_eq!(class(400, "bad field"), Some(Failure::Protocol));
    }
}
