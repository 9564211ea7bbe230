//! Odd requests ask what their plain forms ask, of every dialect.

use std::collections::BTreeMap;

use dialect::{
    Dialect,
    neutral::{Content, Request, Tool},
};
use serde_json::{Value, json};

use super::{Asked, Case, Ids, cases, hold};
use crate::laws::{ALL, renumbered};

fn decoded(dialect: Dialect, mut body: Value) -> Result<Request, String> {
    if dialect == Dialect::Gemini && body.get("model").is_none() {
        // The dialect names it in the path.
        body["model"] = json!("m");
    }
    dialect::decode_request(dialect, body).map(|read| read.value).map_err(|error| error.to_string())
}

fn meaning(case: &Case<Asked>, body: &Value) -> Result<Request, String> {
    let mut request = decoded(case.dialect, body.clone())?;
    if case.body.expect.tools_unordered {
        request.tools.sort_by(|left, right| left.name.cmp(&right.name));
    }
    Ok(if case.body.expect.ids == Ids::Made { renumbered(request) } else { request })
}

/// The body that goes to a dialect.
fn sent(dialect: Dialect, request: &Request) -> Result<Value, String> {
    dialect::encode_request(dialect, request).map(|sent| sent.body).map_err(|error| error.to_string())
}

fn blocks(request: &Request) -> impl Iterator<Item = &Content> {
    request.messages.iter().flat_map(|message| &message.content)
}

#[test]
fn an_odd_request_asks_what_its_plain_form_asks() {
    hold(&cases::<Asked>("requests"), |case| {
        let odd = meaning(case, &case.body.odd)?;
        let Some(plain) = &case.body.plain else { return Ok(()) };
        let plain = meaning(case, plain)?;
        if odd != plain {
            return Err(format!("\n    {odd:?}\n    {plain:?}"));
        }
        for dialect in ALL {
            if sent(dialect, &odd)? != sent(dialect, &plain)? {
                return Err(format!("{dialect}: another body"));
            }
        }
        Ok(())
    });
}

#[test]
fn the_tools_of_a_request_are_offered_wherever_it_lists_them() {
    hold(&cases::<Asked>("requests"), |case| {
        let wanted = &case.body.expect.tools;
        if wanted.is_empty() {
            return Ok(());
        }
        let request = decoded(case.dialect, case.body.odd.clone())?;
        let offered =
            |word: &String| request.tools.iter().filter(|tool| tool.name.contains(word.as_str())).count();
        let names: Vec<&String> = request.tools.iter().map(|Tool { name, .. }| name).collect();
        let all = wanted.iter().all(|word| offered(word) == 1);
        if all { Ok(()) } else { Err(format!("offered: {names:?}")) }
    });
}

#[test]
fn what_a_dialect_can_carry_reaches_it() {
    hold(&cases::<Asked>("requests"), |case| {
        let request = decoded(case.dialect, case.body.odd.clone())?;
        for (dialect, words) in &case.body.expect.reaches {
            let dialect = ALL.into_iter().find(|known| known.as_str() == dialect).ok_or("no such dialect")?;
            let body = sent(dialect, &request)?.to_string();
            if let Some(word) = words.iter().find(|word| !body.contains(word.as_str())) {
                return Err(format!("{dialect}: `{word}` is not in {body}"));
            }
        }
        Ok(())
    });
}

#[test]
fn a_result_says_something_and_belongs_to_its_call_in_every_dialect() {
    hold(&cases::<Asked>("requests"), |case| {
        let request = decoded(case.dialect, case.body.odd.clone())?;
        for dialect in ALL {
            let request = decoded(dialect, sent(dialect, &request)?)?;
            let mut calls = BTreeMap::new();
            for block in blocks(&request) {
                match block {
                    Content::ToolCall { id, name, .. } => drop(calls.insert(id, name)),
                    Content::ToolResult { id, content, .. } => {
                        let tool =
                            calls.get(id).ok_or(format!("{dialect}: the result of `{id}` has no call"))?;
                        let text = dialect::neutral::text(content);
                        let picture = content.iter().any(|block| matches!(block, Content::Image { .. }));
                        if case.body.expect.results_say_something && text.trim().is_empty() && !picture {
                            return Err(format!("{dialect}: the result says nothing"));
                        }
                        let linked =
                            case.body.expect.linked.iter().find(|(words, _)| text.contains(words.as_str()));
                        if let Some((words, wanted)) = linked
                            && *tool != wanted
                        {
                            return Err(format!("{dialect}: `{words}` is the result of {tool}"));
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    });
}
