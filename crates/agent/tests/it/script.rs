//! A model and a shell that do as they are told, and keep what they were asked.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use agent::{
    Announcement, Answer, Config, End, Exit, Model, ModelError, Output, Profile, Ran, Shell, ShellError, Step,
};
use async_trait::async_trait;
use dialect::neutral::{Content, Message, Request, Response, StopReason, Usage};
use serde_json::json;
use tokio::time::Instant;

pub(crate) fn config() -> Config {
    Config {
        model: "m".into(),
        system: "You are careful.".into(),
        instruction: "Mend the program.\n".into(),
        workdir: "/app".into(),
        profile: Profile::Native,
        announcement: Announcement::None,
        turns: 20,
        deadline: Instant::now() + Duration::from_secs(3_600),
        command_limit: Duration::from_secs(60),
        output_chars: 10_000,
        context: 100_000,
        max_output: 4_000,
    }
}

/// Gives its answers in turn, the last one for ever.
pub(crate) struct Script {
    pub(crate) answers: Mutex<VecDeque<Result<Answer, ModelError>>>,
    pub(crate) requests: Mutex<Vec<Request>>,
    pub(crate) delay: Duration,
}

impl Script {
    pub(crate) fn new(answers: impl IntoIterator<Item = Result<Answer, ModelError>>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect());
        Self { answers, requests: Mutex::default(), delay: Duration::ZERO }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Model for Script {
    async fn answer(&self, request: Request) -> Result<Answer, ModelError> {
        self.requests.lock().unwrap().push(request);
        tokio::time::sleep(self.delay).await;
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() }
    }
}

/// Runs nothing: `echo` echoes, `sleep` takes its time, `lost` loses the shell, all else writes its own name.
pub(crate) struct Echo;

#[async_trait]
impl Shell for Echo {
    async fn run(&self, command: &str, limit: Duration) -> Result<Ran, ShellError> {
        let (exit, said) = match command.split_once(' ') {
            Some(("echo", said)) => (Exit::Code(0), format!("{said}\n")),
            Some(("sleep", seconds)) => {
                let asked = Duration::from_secs(seconds.parse().unwrap());
                tokio::time::sleep(asked.min(limit)).await;
                (if asked > limit { Exit::TimedOut } else { Exit::Code(0) }, String::new())
            }
            _ if command == "lost" => return Err(ShellError("container gone".into())),
            _ => (Exit::Code(127), format!("{command}: not found\n")),
        };
        let output = Output { head: said.into_bytes(), ..Output::default() };
        Ok(Ran { exit, output, duration: Duration::from_millis(1) })
    }
}

pub(crate) fn text(text: &str) -> Content {
    Content::Text { text: text.into(), cache: false }
}

pub(crate) fn call(id: &str, command: &str) -> Content {
    Content::ToolCall { id: id.into(), name: "bash".into(), arguments: json!({ "command": command }) }
}

pub(crate) fn answer(content: Vec<Content>, stop: StopReason) -> Result<Answer, ModelError> {
    let usage = Some(Usage { input_uncached: 100, output: 10, ..Usage::default() });
    let response = Response { id: "r".into(), model: "m".into(), content, stop, usage };
    Ok(Answer { response, exhausted: false, used: 110.0, paused: Duration::ZERO })
}

/// An answer with one call.
pub(crate) fn runs(command: &str) -> Result<Answer, ModelError> {
    answer(vec![text("So."), call("c", command)], StopReason::ToolCalls)
}

pub(crate) fn done() -> Result<Answer, ModelError> {
    runs("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT")
}

/// Runs the loop; gives its end and all that was said.
pub(crate) async fn play(config: &Config, model: &Script) -> (End, Vec<Message>) {
    let mut said = Vec::new();
    let mut observer = |step: Step<'_>| {
        if let Step::Said(message) = step {
            said.push(message.clone());
        }
    };
    let end = agent::run(config, model, &Echo, &mut observer).await;
    (end, said)
}
