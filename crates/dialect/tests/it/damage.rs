//! Real bodies and streams, damaged: what a fuzzer feeds, without the compiler it needs. `PROPTEST_CASES` says how
//! many; scripts/nightly runs them for minutes.

use dialect::{Reader, sse, stream::Accumulator};
use proptest::{prelude::*, sample::Index};

use crate::laws::{ALL, encoded, request, response};

/// What is done at one place of a text.
#[derive(Clone, Debug)]
enum Damage {
    Insert(Vec<u8>),
    Cut(usize),
    Repeat(usize),
    Truncate,
}

fn damage() -> impl Strategy<Value = Damage> {
    let pieces: Vec<&[u8]> = vec![
        b"null",
        b"-1",
        b"1e999",
        b"18446744073709551616",
        b"\"",
        b"\\u0000",
        b"\\ud800",
        b"[",
        b"}",
        b",",
        b"\n",
        b"\r\n\r\n",
        b"data: ",
        b"data: [DONE]\n\n",
        b"event: error\n",
        b"\xff",
    ];
    prop_oneof![
        4 => prop::sample::select(pieces).prop_map(|piece| Damage::Insert(piece.to_vec())),
        2 => prop::collection::vec(any::<u8>(), 1..4).prop_map(Damage::Insert),
        3 => (1usize..40).prop_map(Damage::Cut),
        2 => (1usize..200).prop_map(Damage::Repeat),
        1 => Just(Damage::Truncate),
    ]
}

fn damaged(mut text: Vec<u8>, all: &[(Index, Damage)]) -> Vec<u8> {
    for (place, damage) in all {
        let place = place.index(text.len() + 1);
        let end = |length: usize| (place + length).min(text.len());
        match damage {
            Damage::Insert(piece) => drop(text.splice(place..place, piece.iter().copied())),
            Damage::Cut(length) => drop(text.drain(place..end(*length))),
            Damage::Repeat(length) => {
                let piece = text[place..end(*length)].to_vec();
                drop(text.splice(place..place, piece));
            }
            Damage::Truncate => text.truncate(place),
        }
    }
    text
}

proptest! {
    #[test]
    fn a_damaged_request_or_answer_is_read_or_refused(
        request in request(), response in response(),
        all in prop::collection::vec((any::<Index>(), damage()), 1..5),
    ) {
        for dialect in ALL {
            let asked = dialect::encode_request(dialect, &request).unwrap().body;
            let answer = dialect::encode_response(dialect, &response, 1, &request.origins).unwrap().body;
            if let Ok(value) = serde_json::from_slice(&damaged(asked.to_string().into_bytes(), &all)) {
                for other in ALL {
                    let decoded = dialect::decode_request(dialect, serde_json::Value::clone(&value));
                    drop(decoded.map(|decoded| dialect::encode_request(other, &decoded.value)));
                }
            }
            if let Ok(value) = serde_json::from_slice(&damaged(answer.to_string().into_bytes(), &all)) {
                drop(dialect::decode_response(dialect, value));
            }
        }
    }

    #[test]
    fn a_damaged_stream_is_read_or_refused(
        response in response(), all in prop::collection::vec((any::<Index>(), damage()), 1..5), size in 1usize..64,
    ) {
        for dialect in ALL {
            let stream = damaged(encoded(dialect, &response), &all);
            let (mut parser, mut reader) = (sse::Parser::new(1 << 16), Reader::new(dialect, ""));
            let (mut events, mut deltas, mut sum) = (Vec::new(), Vec::new(), Accumulator::default());
            for chunk in stream.chunks(size) {
                if parser.push(chunk, &mut events).is_err() {
                    break;
                }
            }
            for event in &events {
                drop(reader.event(event, &mut deltas));
            }
            reader.end(None, &mut deltas);
            deltas.iter().for_each(|delta| sum.add(delta));
            drop(sum.response());
        }
    }
}
