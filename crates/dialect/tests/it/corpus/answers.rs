//! Odd answers mean what their plain forms mean, however they come and wherever they go.

use dialect::{
    Dialect,
    neutral::{Content, Origins, Response, StopReason},
    stream::StreamError,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{
    Answer, Case, Ends, Ids, Names, Told, cases, hold,
    reading::{Read, believed, bytes, renumbered, signed, streamed, whole},
};
use crate::laws::ALL;

/// What must be equal of two readings.
fn meaning(case: &Case<Answer>, read: &Read) -> Result<Response, String> {
    let expect = &case.body.expect;
    let mut response = read.response.clone();
    if expect.ids == Ids::Made {
        response = renumbered(response)?;
    }
    if expect.names == Names::None {
        (response.id, response.model) = (String::new(), String::new());
    }
    if expect.usage == Told::Doubted {
        response.usage = None;
    }
    Ok(response)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, left: &T, right: &T) -> Result<(), String> {
    if left == right { Ok(()) } else { Err(format!("{what}:\n    {left:?}\n    {right:?}")) }
}

fn stream_of(case: &Case<Answer>) -> Option<Vec<u8>> {
    case.body.odd.stream.as_deref().map(bytes)
}

/// The readings of the odd form: streamed, and whole where there is a whole one.
fn odd(case: &Case<Answer>) -> Result<Vec<(&'static str, Read)>, String> {
    let mut all = Vec::new();
    if let Some(stream) = stream_of(case) {
        let read = streamed(case.dialect, std::iter::once(&*stream));
        all.push(("streamed", read.map_err(|error| format!("streamed: {error}"))?));
    }
    if let Some(body) = &case.body.odd.whole {
        all.push(("whole", whole(case.dialect, body).map_err(|error| format!("whole: {error}"))?));
    }
    Ok(all)
}

fn plain(case: &Case<Answer>) -> Result<Option<(Read, Read)>, String> {
    let Some(forms) = &case.body.plain else { return Ok(None) };
    let (Some(stream), Some(body)) = (&forms.stream, &forms.whole) else {
        return Err("a plain form has a stream and a whole".into());
    };
    let stream = bytes(stream);
    let streamed =
        streamed(case.dialect, std::iter::once(&*stream)).map_err(|error| format!("plain: {error}"))?;
    Ok(Some((streamed, whole(case.dialect, body).map_err(|error| format!("plain: {error}"))?)))
}

/// Cases that end with an answer.
fn complete() -> Vec<Case<Answer>> {
    cases::<Answer>("").into_iter().filter(|case| case.body.expect.ends == Ends::Complete).collect()
}

#[test]
fn a_plain_answer_is_the_same_whole_and_streamed() {
    hold(&complete(), |case| {
        let (streamed, whole) = plain(case)?.unwrap();
        same("streamed, whole", &streamed.response, &whole.response)?;
        same("losses", &streamed.losses, &Vec::new())?;
        same("losses", &whole.losses, &Vec::new())?;
        let empty = whole.response.content.is_empty() && whole.response.stop != StopReason::Refusal;
        if empty || !streamed.ended { Err("nothing was read".into()) } else { Ok(()) }
    });
}

#[test]
fn an_odd_answer_means_what_its_plain_form_means() {
    hold(&complete(), |case| {
        let mut wanted = meaning(case, &plain(case)?.unwrap().1)?;
        if let Some(told) = case.body.expect.told {
            wanted.usage = Some(told);
        }
        for (form, read) in odd(case)? {
            same(form, &meaning(case, &read)?, &wanted)?;
            believed(&read, case.body.expect.usage).map_err(|why| format!("{form}: {why}"))?;
            if !read.ended {
                return Err(format!("{form}: it has not ended"));
            }
        }
        Ok(())
    });
}

#[test]
fn what_is_passed_over_is_recorded_and_nothing_else() {
    hold(&complete(), |case| {
        let expect = &case.body.expect;
        for (form, read) in odd(case)? {
            for word in &expect.losses {
                if !expect.losses_optional && !read.noted.iter().any(|loss| loss.contains(word.as_str())) {
                    return Err(format!("{form}: no loss says `{word}`: {:?}", read.noted));
                }
            }
            let known = |loss: &String| expect.losses.iter().any(|word| loss.contains(word.as_str()));
            let more: Vec<_> = read.losses.iter().filter(|loss| !known(loss)).collect();
            if !more.is_empty() {
                return Err(format!("{form}: lost as well: {more:?}"));
            }
        }
        Ok(())
    });
}

#[test]
fn an_answer_that_breaks_off_is_no_whole_one() {
    hold(&cases::<Answer>(""), |case| match case.body.expect.ends {
        Ends::Cut => {
            let stream = stream_of(case).unwrap();
            let read =
                streamed(case.dialect, std::iter::once(&*stream)).map_err(|error| error.to_string())?;
            same("ended", &read.ended, &false)
        }
        Ends::Error => {
            let stream = stream_of(case).unwrap();
            match streamed(case.dialect, std::iter::once(&*stream)) {
                Err(StreamError::Upstream(error)) if error.message.contains(&case.body.expect.words) => {
                    Ok(())
                }
                other => Err(format!("read as {other:?}")),
            }
        }
        Ends::Complete => Ok(()),
    });
}

/// What a client of another dialect gets: its own reading of the answer, whole and streamed.
fn got(client: Dialect, read: &Read) -> Result<[Response; 2], String> {
    let body = dialect::encode_response(client, &read.response, 1, &Origins::new()).unwrap().body;
    let mut encoder = dialect::stream_encoder(client, 1, true, &Origins::new()).unwrap();
    let mut bytes = Vec::new();
    read.deltas.iter().for_each(|delta| encoder.delta(delta, &mut bytes));
    let by_stream =
        streamed(client, std::iter::once(&*bytes)).map_err(|error| format!("{client}: {error}"))?;
    Ok([whole(client, &body)?.response, by_stream.response])
}

/// The texts and calls of an answer: what no dialect loses.
fn said(response: &Response) -> (String, Vec<(String, Value)>) {
    let calls = response.content.iter().filter_map(|block| match block {
        Content::ToolCall { name, arguments, .. } => Some((name.clone(), arguments.clone())),
        _ => None,
    });
    (dialect::neutral::text(&response.content).replace('\n', ""), calls.collect())
}

#[test]
fn every_client_gets_of_the_odd_form_what_it_gets_of_the_plain_one() {
    hold(&complete(), |case| {
        let (streamed, whole) = plain(case)?.unwrap();
        let all = odd(case)?;
        let named = case.body.expect.names == Names::Told;
        for client in ALL {
            let forget = |mut response: Response| -> Result<Response, String> {
                if !named {
                    (response.id, response.model) = (String::new(), String::new());
                }
                if case.body.expect.usage == Told::Doubted || case.body.expect.told.is_some() {
                    response.usage = None;
                }
                renumbered(signed(response))
            };
            let wanted = forget(got(client, &whole)?[0].clone())?;
            same(&format!("{client}: words and calls"), &said(&wanted), &said(&whole.response))?;
            let plain = got(client, &streamed)?;
            let odd = all.iter().map(|(_, read)| got(client, read)).collect::<Result<Vec<_>, _>>()?;
            for response in plain.into_iter().chain(odd.into_iter().flatten()) {
                same(&format!("{client}"), &forget(response)?, &wanted)?;
            }
        }
        Ok(())
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn chunks_of_any_size_give_the_same_answer(sizes in prop::collection::vec(1usize..60, 1..12)) {
        hold(&cases::<Answer>(""), |case| {
            let Some(stream) = stream_of(case) else { return Ok(()) };
            let whole = streamed(case.dialect, std::iter::once(&*stream));
            let mut rest = &*stream;
            let mut chunks = Vec::new();
            for size in sizes.iter().cycle() {
                let (chunk, left) = rest.split_at((*size).min(rest.len()));
                chunks.push(chunk);
                rest = left;
                if rest.is_empty() {
                    break;
                }
            }
            same("in chunks, at once", &streamed(case.dialect, chunks.into_iter()), &whole)
        });
    }
}
