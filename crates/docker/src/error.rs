//! What the engine's answers mean.

use sandbox::EngineError;

/// How to make room.
pub(crate) const MAKE_ROOM: &str = "free some, e.g. with `docker system prune`";

/// Names a failed call: `.map_err(failed("create a container"))`.
pub(crate) fn failed(what: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> EngineError {
    use bollard::errors::Error;
    let what = what.into();
    move |error| match error {
        Error::DockerResponseServerError { message, .. } | Error::DockerStreamError { error: message }
            if message.contains("no space left on device") =>
        {
            EngineError::HostDisk { what, reason: message, fix: MAKE_ROOM }
        }
        Error::DockerResponseServerError { status_code, message } => {
            EngineError::Call { what, status: Some(status_code), reason: message }
        }
        Error::RequestTimeoutError => EngineError::Lost {
            what: format!("the engine's answer to {what}"),
            reason: "it took too long".into(),
        },
        Error::IOError { .. } | Error::HyperResponseError { .. } | Error::HyperLegacyError { .. } => {
            EngineError::Lost { what: format!("the engine on asking it to {what}"), reason: chain(&error) }
        }
        _ => EngineError::Call { what, status: None, reason: chain(&error) },
    }
}

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
