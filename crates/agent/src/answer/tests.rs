use proptest::prelude::*;
use serde_json::json;

use super::*;

fn response(content: Vec<Content>, stop: StopReason) -> Response {
    Response { id: String::new(), model: String::new(), content, stop, usage: None }
}

fn call(name: &str, arguments: Value) -> Content {
    Content::ToolCall { id: "a".into(), name: name.into(), arguments }
}

fn text(text: &str) -> Content {
    Content::Text { text: text.into(), cache: false }
}

fn native(content: Vec<Content>) -> Wish {
    wish(Profile::Native, &response(content, StopReason::End))
}

fn problem(wish: Wish) -> String {
    match wish {
        Wish::Malformed(problem) => problem,
        other => panic!("{other:?}"),
    }
}

fn one(wish: Wish) -> String {
    match wish {
        Wish::Commands(commands) if commands.len() == 1 => commands[0].text.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_malformed_call_is_told_apart() {
    let problems = [
        native(vec![text("hello")]),
        native(vec![call("python", json!({}))]),
        native(vec![call("bash", json!("{\"command\": \"ls"))]),
        native(vec![call("bash", json!({ "cmd": "ls" }))]),
        native(vec![call("bash", json!({ "command": ["ls"] }))]),
        native(vec![call("bash", json!({ "command": "ls" })), call("bash", json!({}))]),
    ]
    .map(problem);
    assert_eq!(
        problems,
        [
            "it called no tool",
            "there is no tool `python`",
            "the arguments were no valid JSON object",
            "the argument `command` was missing",
            "the argument `command` was no string",
            "the argument `command` was missing",
        ]
    );
}

#[test]
fn a_fenced_block_is_a_command_wherever_it_stands() {
    let answer = "I look.\n\n```bash\nnot this\n```\n```run-in-bash  \ncat <<'E'\n``\nE\n```\nDone.";
    assert_eq!(one(wish(Profile::Text, &response(vec![text(answer)], StopReason::End))), "cat <<'E'\n``\nE");
}

#[test]
fn the_text_profile_wants_exactly_one_block() {
    let read = |answer: &str| problem(wish(Profile::Text, &response(vec![text(answer)], StopReason::End)));
    assert_eq!(read("```bash\nls\n```"), "it held 0 `run-in-bash` blocks instead of one");
    let two = "```run-in-bash\nls\n```\n";
    assert_eq!(read(&two.repeat(2)), "it held 2 `run-in-bash` blocks instead of one");
    assert_eq!(read("```run-in-bash\nls"), "its `run-in-bash` block was not closed");
}

#[test]
fn an_answer_cut_short_counts_only_when_its_command_is_whole() {
    let whole = response(vec![call("bash", json!({ "command": "ls" }))], StopReason::Length);
    assert_eq!(one(wish(Profile::Native, &whole)), "ls");
    let half = response(vec![call("bash", json!("{\"command\": \"l"))], StopReason::Length);
    assert_eq!(wish(Profile::Native, &half), Wish::Cut);
}

#[test]
fn a_refusal_is_one_whatever_it_says() {
    let refusal = response(vec![call("bash", json!({ "command": "ls" }))], StopReason::Refusal);
    assert_eq!(wish(Profile::Native, &refusal), Wish::Refused);
}

proptest! {
    #[test]
    fn a_command_in_a_block_comes_out_unchanged(command in "[^`\r]{0,200}", before in "[^`]{0,50}") {
        let answer = format!("{before}\n```{FENCE}\n{command}\n```\n");
        prop_assert_eq!(one(wish(Profile::Text, &response(vec![text(&answer)], StopReason::End))), command);
    }

    #[test]
    fn any_answer_is_read(answer in "(.|\n|`{3}|`{3}run-in-bash\n){0,60}") {
        for profile in [Profile::Native, Profile::Text] {
            match wish(profile, &response(vec![text(&answer)], StopReason::End)) {
                Wish::Commands(commands) => prop_assert_eq!(commands.len(), 1),
                Wish::Malformed(problem) => prop_assert!(!problem.is_empty()),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }
}
