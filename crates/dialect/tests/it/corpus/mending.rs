//! Odd answers put right for a client of their own dialect: one that adds pieces up by their index, as the official
//! ones do, and knows no more than that.

use std::collections::BTreeMap;

use dialect::{Dialect, Reader, sse};
use serde_json::Value;

use super::{Answer, Case, Ends, cases, hold, reading::bytes};

/// What such a client makes of an answer.
#[derive(Debug, Default, PartialEq)]
struct Strict {
    text: String,
    /// Id, name and arguments, by index.
    calls: BTreeMap<u64, (String, String, String)>,
    reason: String,
}

impl Strict {
    fn add(&mut self, data: &Value) -> Result<(), String> {
        let Some(choice) = data["choices"].get(0) else { return Ok(()) };
        for (key, said) in choice["delta"].as_object().into_iter().flatten() {
            match (key.as_str(), said) {
                ("content", Value::String(text)) => self.text.push_str(text),
                ("refusal", Value::String(text)) => self.text.push_str(text),
                ("content", Value::Null) => {}
                ("content", other) => return Err(format!("content is {other}")),
                ("tool_calls", Value::Array(calls)) => calls.iter().try_for_each(|call| self.call(call))?,
                _ => {}
            }
        }
        match &choice["finish_reason"] {
            Value::Null => {}
            Value::String(reason) if !reason.is_empty() => self.reason.clone_from(reason),
            other => return Err(format!("the reason is {other}")),
        }
        Ok(())
    }

    fn call(&mut self, call: &Value) -> Result<(), String> {
        let index = call["index"].as_u64().ok_or_else(|| format!("no index: {call}"))?;
        let known = self.calls.entry(index).or_default();
        let function = &call["function"];
        let told = [
            (&mut known.0, &call["id"]),
            (&mut known.1, &function["name"]),
            (&mut known.2, &function["arguments"]),
        ];
        for (known, told) in told {
            match told {
                Value::String(more) => known.push_str(more),
                Value::Null => {}
                other => return Err(format!("{other} is no text")),
            }
        }
        Ok(())
    }

    /// Without ids, after a look that there are some; arguments as what they mean.
    fn meaning(self) -> Result<Self, String> {
        let calls = self.calls.into_iter().map(|(index, (id, name, arguments))| {
            let text = if arguments.is_empty() { "{}" } else { &arguments };
            let read: Value = serde_json::from_str(text).map_err(|error| format!("{arguments}: {error}"))?;
            if id.is_empty() {
                Err("a call has no id".into())
            } else {
                Ok((index, (String::new(), name, read.to_string())))
            }
        });
        Ok(Self { calls: calls.collect::<Result<_, String>>()?, ..self })
    }
}

/// A stream as it is passed on.
fn passed(case: &Case<Answer>, stream: &[u8]) -> Result<Strict, String> {
    let (mut reader, mut events, mut got) = (Reader::new(case.dialect, "c1"), Vec::new(), Strict::default());
    sse::Parser::new(1 << 20).push(stream, &mut events).map_err(|error| error.to_string())?;
    let mut add =
        |event: &sse::Event| serde_json::from_str(&event.data).map_or(Ok(()), |data| got.add(&data));
    for event in &events {
        reader.event(event, &mut Vec::new()).map_err(|error| error.to_string())?;
        add(reader.mended(event).as_ref().unwrap_or(event))?;
    }
    reader.closing().iter().try_for_each(add)?;
    got.meaning()
}

fn chat() -> Vec<Case<Answer>> {
    let all = cases::<Answer>("").into_iter();
    all.filter(|case| case.dialect == Dialect::OpenaiChat && case.body.expect.ends == Ends::Complete)
        .collect()
}

#[test]
fn a_strict_client_reads_of_an_odd_answer_what_it_reads_of_the_plain_one() {
    hold(&chat(), |case| {
        let stream = |forms: &super::Forms| forms.stream.as_deref().map(bytes);
        let plain = case.body.plain.as_ref().and_then(stream).unwrap();
        let wanted = passed(case, &plain)?;
        let Some(odd) = stream(&case.body.odd) else { return Ok(()) };
        let got = passed(case, &odd)?;
        // The refusal is told by the reason in one form and by its field in the other.
        let refused = wanted.reason == "content_filter";
        let same = got == wanted || (refused && got.text == wanted.text);
        if same { Ok(()) } else { Err(format!("\n    {got:?}\n    {wanted:?}")) }
    });
}

#[test]
fn a_strict_client_reads_of_an_odd_whole_answer_what_it_reads_of_the_plain_one() {
    hold(&chat(), |case| {
        let (Some(odd), Some(plain)) =
            (&case.body.odd.whole, case.body.plain.as_ref().and_then(|plain| plain.whole.as_ref()))
        else {
            return Ok(());
        };
        let read = |body: &Value| -> Result<Strict, String> {
            let mut reader = Reader::new(case.dialect, "c1");
            reader.whole(body.clone()).map_err(|error| error.to_string())?;
            let mut body = reader.mended_whole(body.to_string().as_bytes()).unwrap_or_else(|| body.clone());
            let mut message = body["choices"][0]["message"].take();
            for (index, call) in message["tool_calls"].as_array_mut().into_iter().flatten().enumerate() {
                call["index"] = index.into();
            }
            body["choices"][0]["delta"] = message;
            let mut got = Strict::default();
            got.add(&body)?;
            got.meaning()
        };
        let (got, wanted) = (read(odd)?, read(plain)?);
        let refused = wanted.reason == "content_filter";
        let same = got == wanted || (refused && got.text == wanted.text);
        if same { Ok(()) } else { Err(format!("\n    {got:?}\n    {wanted:?}")) }
    });
}

#[test]
fn a_plain_answer_is_passed_on_as_it_came() {
    hold(&cases::<Answer>(""), |case| {
        let Some(plain) = &case.body.plain else { return Ok(()) };
        let (mut reader, mut events) = (Reader::new(case.dialect, "c1"), Vec::new());
        let stream = plain.stream.as_deref().map(bytes).unwrap();
        sse::Parser::new(1 << 20).push(&stream, &mut events).map_err(|error| error.to_string())?;
        for event in &events {
            reader.event(event, &mut Vec::new()).map_err(|error| error.to_string())?;
            if let Some(mended) = reader.mended(event) {
                return Err(format!("{} became {}", event.data, mended.data));
            }
        }
        let mut reader = Reader::new(case.dialect, "c1");
        let body = plain.whole.clone().unwrap();
        reader.whole(body.clone()).map_err(|error| error.to_string())?;
        reader
            .mended_whole(body.to_string().as_bytes())
            .map_or(Ok(()), |mended| Err(format!("it became {mended}")))
    });
}
