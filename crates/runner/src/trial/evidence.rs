//! What the gateway's own record shows of a trial: the commands the model asked for, and whether prompt, instruction
//! and tool results really reached it. The same reading for every arm.

use std::collections::BTreeSet;

use dialect::neutral::{Content, Request, Response, Role};
use gateway::Summary;
use ledger::{CallRecord, event::CallKind};
use serde_json::{Value, json};

use vocabulary::{Flag, FlagName};

use crate::{attempt::Try, context::Context};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    /// JSON lines: `call`, `tool`, `command` (the shell command, where it is one), `arguments`.
    pub(crate) commands: Vec<u8>,
    pub(crate) flags: Vec<Flag>,
}

/// Reads the recorded bodies of a try's calls.
pub(crate) fn of(context: &Context, this: &Try<'_>, calls: &[CallRecord], summary: &Summary) -> Evidence {
    let mut evidence = Evidence::default();
    // Sub-agents work on the task too; titles and summaries do not.
    let working = |call: &&CallRecord| matches!(call.kind, CallKind::Main | CallKind::SubAgent);
    let working: Vec<&CallRecord> = calls.iter().filter(working).collect();
    for call in &working {
        if let Some(response) = response(context, call) {
            commands(this, call, &response, &mut evidence.commands);
        }
    }
    // The first request that offers tools carries the conversation; one without is a call beside it, unless the harness
    // has none to offer.
    let toolless = this.harness.is_none_or(|harness| harness.tools.edit_only());
    let first = working
        .iter()
        .filter(|call| call.kind == CallKind::Main)
        .filter_map(|call| request(context, call))
        .find(|request| !request.tools.is_empty() || toolless);
    if let Some(request) = &first {
        evidence.flags.extend(texts(context, this, request));
    } else if summary.calls > 0 {
        evidence.flags.push(Flag::new(FlagName::NoToolsOffered, "no request offered the model a tool"));
    }
    if let Some(lost) = working
        .iter()
        .rev()
        .filter_map(|call| request(context, call))
        .find_map(|request| lost_result(&request))
    {
        evidence.flags.push(lost);
    }
    if summary.after_exhaustion > 3 {
        evidence.flags.push(Flag::new(
            FlagName::KeptAsking,
            format!("{} calls after the end", summary.after_exhaustion),
        ));
    }
    evidence
}

fn texts(context: &Context, this: &Try<'_>, request: &Request) -> Vec<Flag> {
    let mut flags = Vec::new();
    let said = all_text(request);
    let prompts = &context.prompts;
    let holds = |text: &str| !text.trim().is_empty() && said.contains(text.trim());
    if !this.prompt.trim().is_empty() && !holds(this.prompt) {
        flags.push(Flag::new(FlagName::PromptMissing, "the arm's prompt is not in the first request"));
    }
    let foreign = std::iter::once(&prompts.generic)
        .chain(prompts.specific.values())
        .any(|other| other.trim() != this.prompt.trim() && holds(other));
    if foreign {
        flags.push(Flag::new(
            FlagName::ForeignPrompt,
            "the prompt of another arm or model is in the first request",
        ));
    }
    if !holds(&this.site.task.instruction) {
        flags.push(Flag::new(
            FlagName::InstructionMissing,
            "the instruction is not, byte for byte, in the first request",
        ));
    }
    flags
}

fn all_text(request: &Request) -> String {
    let mut out = String::new();
    let contents = request.system.iter().chain(request.messages.iter().flat_map(|message| &message.content));
    for content in contents {
        if let Content::Text { text, .. } = content {
            out.push_str(text);
            out.push('\n');
        }
    }
    out
}

/// A tool call in the conversation to which no result was given, though the conversation went on.
fn lost_result(request: &Request) -> Option<Flag> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for message in &request.messages {
        for content in &message.content {
            match content {
                Content::ToolCall { id, .. } if message.role == Role::Assistant => {
                    open.insert(id);
                }
                Content::ToolResult { id, .. } => {
                    open.remove(id.as_str());
                }
                _ => {}
            }
        }
    }
    let first = open.first()?;
    Some(Flag::new(
        FlagName::LostToolResult,
        format!("{} tool calls have no result, first {first}", open.len()),
    ))
}

fn commands(this: &Try<'_>, call: &CallRecord, response: &Response, out: &mut Vec<u8>) {
    for content in &response.content {
        let Content::ToolCall { name, arguments, .. } = content else { continue };
        let argument = match this.harness {
            None => Some(agent::ARGUMENT),
            Some(harness) => harness
                .tools
                .shell
                .as_ref()
                .filter(|shell| shell.name == *name)
                .map(|shell| shell.command.as_str()),
        };
        let command = argument.and_then(|argument| arguments.get(argument)?.as_str());
        let shown = command.map_or_else(|| format!("[{name}] {}", brief(arguments)), str::to_owned);
        let line = json!({"call": call.call, "tool": name, "command": shown, "arguments": arguments});
        out.extend_from_slice(line.to_string().as_bytes());
        out.push(b'\n');
    }
}

fn brief(arguments: &Value) -> String {
    let text = arguments.to_string();
    let end = text.floor_char_boundary(text.len().min(200));
    if end < text.len() { format!("{}…", &text[..end]) } else { text }
}

fn request(context: &Context, call: &CallRecord) -> Option<Request> {
    let body = context.journal.load(call.request.as_ref()?).ok()?;
    let value = serde_json::from_slice(&body).ok()?;
    Some(dialect::decode_request(call.dialect, value).ok()?.value)
}

fn response(context: &Context, call: &CallRecord) -> Option<Response> {
    let body = context.journal.load(call.response.as_ref()?).ok()?;
    dialect::read_answer(call.dialect, &body).ok()
}
