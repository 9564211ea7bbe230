//! The bare loop's model and shell: the gateway's session and the container's guest.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use agent::{Answer, Exit, Failure, ModelError, Output, Ran, ShellError};
use async_trait::async_trait;
use bytes::Bytes;
use dialect::neutral::{Request, Response};
use gateway::{EXHAUSTED_HEADER, Session};
use http_body_util::BodyExt;
use sandbox::guest::Guest;
use spec::Dialect;
use wire::{End, ExecRequest, Keep, Privileges, Stderr, User};

use crate::trial::snapshot::Capture;

/// Output kept of one command, in bytes of its head and of its tail: more than is ever shown.
const KEEP: Keep = Keep { head: 64 << 10, tail: 64 << 10 };

/// What everything that is started in a container may do: in every arm, and in grading, what the container may.
const PRIVILEGES: Privileges = Privileges { bounding: None, no_new_privileges: true };

/// A session as a model.
pub(crate) struct SessionModel {
    pub(crate) session: Session,
    pub(crate) dialect: Dialect,
    pub(crate) capture: Option<Arc<Capture>>,
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
        let response = self.session.request(http).await;
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

/// A container's guest as a shell.
pub(crate) struct GuestShell {
    pub(crate) guest: Guest,
    pub(crate) workdir: String,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) user: User,
}

impl GuestShell {
    /// A text for `bash -c`.
    pub(crate) fn bash(&self, command: &str) -> ExecRequest {
        self.request(vec![b"bash".to_vec(), b"-c".to_vec(), command.as_bytes().to_vec()])
    }

    /// A program to run as the user, in the task's directory and environment.
    pub(crate) fn request(&self, argv: Vec<Vec<u8>>) -> ExecRequest {
        ExecRequest {
            argv,
            env: self.env.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect(),
            cwd: self.workdir.clone().into(),
            user: self.user.clone(),
            stdin: None,
            time_limit: None,
            stdout: KEEP,
            stderr: Stderr::Merged,
            live: false,
            privileges: PRIVILEGES,
        }
    }
}

#[async_trait]
impl agent::Shell for GuestShell {
    async fn run(&self, command: &str, limit: Duration) -> Result<Ran, ShellError> {
        let request = ExecRequest { time_limit: Some(limit), ..self.bash(command) };
        let outcome = self.guest.exec(request).await.map_err(|error| ShellError(error.to_string()))?;
        let mut output =
            Output { head: outcome.stdout.head, dropped: outcome.stdout.dropped, tail: outcome.stdout.tail };
        let exit = match outcome.end {
            End::Exited(code) => Exit::Code(code),
            End::Signalled(signal) => Exit::Signal(signal),
            End::TimedOut | End::Killed => Exit::TimedOut,
            // What a shell says when it cannot start a program, so that the model can react (a full process table).
            End::NotStarted { step, errno, subject } => {
                let reason = std::io::Error::from_raw_os_error(errno);
                output.tail.extend_from_slice(
                    format!("bash: cannot start ({step:?} {subject}): {reason}\n").as_bytes(),
                );
                Exit::Code(126)
            }
        };
        Ok(Ran { exit, output, duration: outcome.wall })
    }
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
