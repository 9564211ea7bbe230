//! What a request repeats of those before it.

use std::sync::Arc;

use dialect::{Dialect, neutral::Content};
use ledger::event::CallKind;

use crate::record::{DIALECTS, Recorded, answer, request, said, text, user};

#[test]
fn only_what_is_new_is_told_of_each_request() {
    for dialect in DIALECTS {
        let mut recorded = Recorded::new();
        let mut messages = vec![user("Fix it.")];
        for turn in ["one", "two", "three"] {
            let content = vec![text(turn)];
            recorded.call(dialect, CallKind::Main, &request(&messages, true), &answer("r", content.clone()));
            messages.extend([said(content), user(&format!("And then {turn}?"))]);
        }
        let transcript = recorded.read();
        let asked: Vec<_> = transcript.calls.iter().map(|call| call.asked().unwrap()).collect();
        let repeated: Vec<_> =
            asked.iter().map(|one| (one.messages.len(), one.repeated, one.follows)).collect();
        assert_eq!(repeated, [(1, 0, None), (3, 1, Some(1)), (5, 3, Some(2))], "{dialect:?}");
        let new: Vec<_> =
            asked[2].new_messages().map(|(place, message)| (place, message.content.clone())).collect();
        assert_eq!(new, [(3, vec![text("two")]), (4, vec![text("And then two?")])]);
        assert_eq!(asked[2].text(), "You are an agent.\nFix it.\none\nAnd then one?\ntwo\nAnd then two?");
        assert!(Arc::ptr_eq(&asked[0].messages[0], &asked[2].messages[0]));
        assert!(Arc::ptr_eq(&asked[0].tools, &asked[2].tools));
        assert_eq!(asked.iter().map(|one| one.conversation).collect::<Vec<_>>(), [1, 1, 1]);
    }
}

#[test]
fn a_cache_marker_that_wanders_makes_nothing_new() {
    let mut recorded = Recorded::new();
    let marked = |said: &str, cache| {
        let mut message = user(said);
        message.content = vec![Content::Text { text: said.into(), cache }];
        message
    };
    let first = request(&[marked("Fix it.", true)], false);
    let second = request(&[marked("Fix it.", false), said(vec![text("How?")]), marked("So.", true)], false);
    for asked in [first, second] {
        recorded.call(Dialect::AnthropicMessages, CallKind::Main, &asked, &answer("r", vec![text("How?")]));
    }
    assert_eq!(recorded.read().calls[1].asked().unwrap().repeated, 1);
}

#[test]
fn a_history_that_was_rewritten_is_new_from_there_on_and_branches_are_followed_to_their_own_call() {
    let mut recorded = Recorded::new();
    let turns = [
        vec!["Fix it."],
        vec!["Fix it.", "a", "more"],
        vec!["Fix it.", "b", "more"],
        // Goes on from the second, not from the third.
        vec!["Fix it.", "a", "more", "c", "still more"],
        vec!["A summary.", "b", "more"],
    ];
    for turn in turns {
        let messages: Vec<_> = turn
            .iter()
            .enumerate()
            .map(|(place, one)| if place % 2 == 0 { user(one) } else { said(vec![text(one)]) })
            .collect();
        let asked = request(&messages, false);
        recorded.call(Dialect::OpenaiChat, CallKind::Main, &asked, &answer("r", vec![text("x")]));
    }
    let transcript = recorded.read();
    let seen = transcript.calls.iter().map(|call| call.asked().unwrap());
    let seen: Vec<_> = seen.map(|one| (one.repeated, one.follows, one.conversation)).collect();
    assert_eq!(seen, [(0, None, 1), (1, Some(1), 1), (1, Some(2), 1), (3, Some(2), 1), (0, None, 5)]);
}
