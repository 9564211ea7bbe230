//! Bodies that nobody meant to be read.

use dialect::Dialect;
use ledger::event::CallKind;
use proptest::prelude::*;
use transcript::Unreadable;

use crate::record::{DIALECTS, Recorded, answer, bash, request, result, said, text, user};

#[test]
fn a_body_that_cannot_be_read_is_told_with_its_reason_and_hides_no_other() {
    let mut recorded = Recorded::new();
    let dialect = Dialect::OpenaiChat;
    recorded.bodies(dialect, b"not JSON", b"data: nonsense\n\n");
    recorded.bodies(dialect, b"[1]", b"[]");
    recorded.bodies(dialect, br#"{"messages": 1}"#, b"{}").status = 400;
    recorded.bodies(dialect, b"{}", b"{}");
    recorded.calls[3].request = Some(ledger::Digest("0".repeat(64)));
    recorded.calls[3].response = Some(ledger::Digest("../../etc/passwd".into()));
    recorded.bodies(dialect, b"{}", b"{}").request = None;
    let good = request(&[user("Fix it.")], false);
    recorded.call(dialect, CallKind::Main, &good, &answer("r", vec![text("Done.")]));
    let transcript = recorded.read();
    use Unreadable::{Answer, Blob, NotJson, Refused, Request};
    let calls = &transcript.calls;
    let why = |call: usize| calls[call].request.as_ref().unwrap().content.as_ref().unwrap_err();
    let why_not = |call: usize| calls[call].response.as_ref().unwrap().content.as_ref().unwrap_err();
    assert!(matches!((why(0), why_not(0)), (NotJson(_), Answer(_))));
    assert!(matches!((why(1), why_not(1)), (Request(_), Answer(_))));
    assert!(matches!((why(2), why_not(2)), (Request(_), Refused(400))));
    assert!(matches!((why(3), why_not(3)), (Blob(_), Blob(_))));
    assert!(calls[4].request.is_none() && calls[4].asked().is_none());
    assert_eq!(calls[5].answered().unwrap().content, [text("Done.")]);
    assert_eq!(transcript.unreadable().count(), 9);
    assert_eq!(transcript.call(6).unwrap().number, 6);
    assert!(transcript.call(7).is_none());
}

#[test]
fn an_answer_that_broke_off_is_read_as_far_as_it_came() {
    for dialect in DIALECTS {
        let mut recorded = Recorded::new();
        let asked = request(&[user("Fix it.")], true);
        recorded.call(dialect, CallKind::Main, &asked, &answer("r", vec![text("I look."), bash("a", "ls")]));
        let body = recorded.blobs().get(recorded.calls[0].response.as_ref().unwrap()).unwrap();
        for end in (1..body.len()).step_by(body.len() / 30) {
            recorded.calls[0].response = Some(recorded.blobs().put(&body[..end]).unwrap());
            // Never more than was said; and no panic, wherever it ends.
            assert!(recorded.read().tool_uses().len() <= 1);
        }
    }
}

#[test]
fn results_for_calls_nobody_made_and_thousands_of_ids_are_passed_over() {
    let mut recorded = Recorded::new();
    let mut messages = vec![user("Fix it."), result("ghost", "boo")];
    let many = (0..1_000).map(|number| bash(&format!("x{number}"), "true")).collect::<Vec<_>>();
    messages.push(said(many));
    messages.extend((0..1_000).map(|number| result(&format!("x{number}"), "")));
    let asked = request(&messages, false);
    for _ in 0..3 {
        recorded.call(Dialect::OpenaiChat, CallKind::Main, &asked, &answer("r", vec![bash("x1", "ls")]));
    }
    let transcript = recorded.read();
    let uses = transcript.tool_uses();
    assert_eq!(uses.len(), 3);
    assert!(uses.iter().all(|one| one.output.is_none()), "{uses:?}");
}

proptest! {
    // Each case stores its bodies, and waits for the disk.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_bytes_at_all_make_it_panic(
        request in prop::collection::vec(any::<u8>(), 0..200),
        response in prop::collection::vec(any::<u8>(), 0..200),
        dialect in prop::sample::select(DIALECTS.to_vec()),
    ) {
        let mut recorded = Recorded::new();
        recorded.bodies(dialect, &request, &response);
        let transcript = recorded.read();
        transcript.tool_uses();
    }

    #[test]
    fn a_damaged_conversation_does_not_make_it_panic(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        stream in any::<bool>(),
        dialect in prop::sample::select(DIALECTS.to_vec()),
    ) {
        let mut recorded = Recorded::new();
        let first = vec![bash("a", "ls")];
        let messages = [user("Fix it."), said(first.clone()), result("a", "x")];
        recorded.call(dialect, CallKind::Main, &request(&messages[..1], stream), &answer("r", first));
        recorded.call(dialect, CallKind::Main, &request(&messages, stream), &answer("r", vec![text("Done.")]));
        let blobs = recorded.blobs();
        for call in 0..2 {
            for body in [recorded.calls[call].request.clone(), recorded.calls[call].response.clone()] {
                let digest = body.unwrap();
                let mut bytes = blobs.get(&digest).unwrap();
                let place = place.index(bytes.len());
                bytes[place] = byte;
                let damaged = Some(blobs.put(&bytes).unwrap());
                let record = &mut recorded.calls[call];
                if record.request.as_ref() == Some(&digest) { record.request = damaged } else { record.response = damaged }
            }
        }
        recorded.read().tool_uses();
    }
}
