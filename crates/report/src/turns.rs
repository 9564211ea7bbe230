//! A trial's conversation as it is shown: what was said, what was run, and what came back.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use dialect::neutral::{Content, Role};
use ledger::event::CallKind;
use serde_json::Value;
use transcript::{Call, ToolUse, Transcript, commands::Command};
use vocabulary::text::printed;

/// One model call.
pub(crate) struct Turn<'t> {
    /// Its number.
    pub(crate) call: u32,
    /// What kind of call it is.
    pub(crate) kind: CallKind,
    /// What is new in its request, then its answer.
    pub(crate) said: Vec<Said<'t>>,
    /// Why a body of it cannot be shown.
    pub(crate) unreadable: Vec<String>,
}

/// Something that was said or run. Texts are clean.
pub(crate) enum Said<'t> {
    /// A system prompt that no earlier call had.
    System(Cow<'t, str>),
    /// The user's or the harness's words.
    User(Cow<'t, str>),
    /// The result of a tool call that no answer here asked for.
    Result(Cow<'t, str>),
    /// What the model thought.
    Reasoning(Cow<'t, str>),
    /// What the model said.
    Answer(Cow<'t, str>),
    /// A tool call.
    Ran {
        /// The shell command, or the tool with its arguments.
        command: Cow<'t, str>,
        /// What came back; `None` where no request brought it.
        output: Option<Cow<'t, str>>,
        /// Whether the tool failed.
        failed: bool,
    },
}

/// The turns of a conversation. `stored`: the trial's commands as its agent ran them, in the order of tool calls.
pub(crate) fn turns<'t>(transcript: &'t Transcript, stored: &'t [Command]) -> Vec<Turn<'t>> {
    let uses = transcript.tool_uses();
    let places: HashMap<(u32, usize), usize> =
        uses.iter().map(|one| (one.call, one.block)).zip(0..).collect();
    let paired: HashSet<*const Content> =
        uses.iter().filter_map(|one| Some(one.output?.content.as_ptr())).collect();
    let mut systems = HashSet::new();
    let of_call = |call: &'t Call| {
        let mut turn = Turn { call: call.number, kind: call.kind, said: Vec::new(), unreadable: Vec::new() };
        if let Some(asked) = call.asked() {
            // Equal prompts of a trial are held once.
            if !asked.system.is_empty() && systems.insert(Arc::as_ptr(&asked.system)) {
                turn.said.push(Said::System(text(asked.system.iter())));
            }
            let new = asked.new_messages().filter(|(_, message)| message.role != Role::Assistant);
            for (_, message) in new {
                let known = |block: &&Content| match block {
                    Content::ToolResult { content, .. } => paired.contains(&content.as_ptr()),
                    _ => false,
                };
                let (results, words): (Vec<&Content>, Vec<&Content>) = message
                    .content
                    .iter()
                    .filter(|block| !known(block))
                    .partition(|block| matches!(block, Content::ToolResult { .. }));
                turn.said.extend((!results.is_empty()).then(|| Said::Result(text(results))));
                turn.said.extend((!words.is_empty()).then(|| Said::User(text(words))));
            }
        }
        for (place, block) in call.answered().into_iter().flat_map(|answer| &answer.content).enumerate() {
            turn.said.extend(match block {
                Content::Reasoning { text, .. } if text.is_empty() => None,
                Content::Reasoning { text, .. } => Some(Said::Reasoning(printed(text))),
                Content::ToolCall { name, arguments, .. } => {
                    let used = places.get(&(call.number, place));
                    Some(ran(used.map(|place| (&uses[*place], stored.get(*place))), name, arguments))
                }
                other => Some(Said::Answer(text([other]))),
            });
        }
        let request = call.request.as_ref().and_then(|body| body.content.as_ref().err());
        let response = call.response.as_ref().and_then(|body| body.content.as_ref().err());
        turn.unreadable.extend(request.map(|why| format!("request: {why}")));
        turn.unreadable.extend(response.map(|why| format!("answer: {why}")));
        turn
    };
    transcript.calls.iter().map(of_call).collect()
}

fn ran<'t>(
    used: Option<(&ToolUse<'t>, Option<&'t Command>)>,
    name: &'t str,
    arguments: &'t Value,
) -> Said<'t> {
    let fits =
        |command: &&Command| used.is_some_and(|(one, _)| (command.call, &*command.tool) == (one.call, name));
    let stored = used.and_then(|(_, command)| command).filter(fits);
    // Of tools that are no shell, what is stored is only the beginning of the arguments.
    let shell = stored
        .map(|stored| stored.command.as_str())
        .filter(|command| !command.starts_with(&format!("[{name}] ")));
    let output = used.and_then(|(one, _)| one.output);
    Said::Ran {
        command: shell.map_or_else(|| asked(name, arguments), printed),
        output: output.map(|output| text(output.content)),
        failed: output.is_some_and(|output| output.is_error),
    }
}

/// A tool call in words: its only argument where that is a text, else the tool and all arguments, a line each.
pub(crate) fn asked<'t>(name: &str, arguments: &'t Value) -> Cow<'t, str> {
    let fields = arguments.as_object().into_iter().flatten();
    match fields.clone().collect::<Vec<_>>().as_slice() {
        [(_, Value::String(only))] => printed(only),
        [] => Cow::Owned(printed(&format!("{name} {arguments}")).into_owned()),
        _ => {
            let line = |(key, value): (&String, &Value)| match value {
                Value::String(text) if text.contains('\n') => format!("{key}:\n{text}"),
                Value::String(text) => format!("{key}: {text}"),
                other => format!("{key}: {other}"),
            };
            let lines: Vec<String> = fields.map(line).collect();
            Cow::Owned(printed(&format!("{name}\n{}", lines.join("\n"))).into_owned())
        }
    }
}

/// Blocks as text, one below the other.
fn text<'t>(blocks: impl IntoIterator<Item = &'t Content>) -> Cow<'t, str> {
    let mut parts = blocks.into_iter().map(|block| match block {
        Content::Text { text, .. } | Content::Reasoning { text, .. } => printed(text),
        Content::Image { media_type, .. } => Cow::Owned(format!("[image {}]", printed(media_type))),
        Content::ToolCall { name, arguments, .. } => asked(name, arguments),
        Content::ToolResult { content, .. } => text(content),
    });
    let Some(first) = parts.next() else { return Cow::Borrowed("") };
    parts.fold(first, |all, part| Cow::Owned(format!("{all}\n{part}")))
}
