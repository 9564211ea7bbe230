//! What a trial ends of whose call was refused, by the refusal's cause and by whether the conversation went on.

use gateway::Summary;
use ledger::Outcome;
use scripted::{Answer, ScriptedUpstream, Step};
use spec::Dialect;
use vocabulary::FlagName;

use crate::support::{ask, body, model, rig};

fn fine() -> Step {
    Step::Answer(Answer::text("hi"))
}

fn refusal(status: u16, message: &str) -> Step {
    Step::Status(status, vec![], format!(r#"{{"error":{{"message":"{message}"}}}}"#))
}

fn form() -> Step {
    refusal(400, "Function call is missing a thought_signature")
}

fn too_long() -> Step {
    refusal(400, "prompt is too long: 9 > 8")
}

/// What a session has seen after as many calls as there are steps, in the client's dialect.
async fn seen(client: Dialect, ours: bool, steps: &[Step]) -> Summary {
    let upstream = ScriptedUpstream::start(steps.to_vec()).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, spec| spec.ours = ours);
    for _ in steps {
        ask(&rig.session, client, &body(client, false)).await;
    }
    rig.session.summary()
}

#[tokio::test]
async fn a_refusal_is_judged_by_its_cause() {
    const TRANSLATED: Dialect = Dialect::AnthropicMessages;
    const PASSED_ON: Dialect = Dialect::OpenaiChat;
    let unknown = || refusal(404, "unknown model");
    let policy = || refusal(400, "Content Exists Risk");
    for (client, ours, steps, failure, agents) in [
        // Nobody could make these right.
        (PASSED_ON, false, vec![unknown()], Some(Outcome::ProviderAuth), None),
        (PASSED_ON, false, vec![fine(), unknown()], Some(Outcome::ProviderAuth), None),
        (PASSED_ON, false, vec![form()], Some(Outcome::Provider400), None),
        (TRANSLATED, false, vec![form()], Some(Outcome::Provider400), None),
        // From here on a conversation stands behind it, and its form is whose it is.
        (PASSED_ON, false, vec![fine(), form()], None, None),
        (PASSED_ON, true, vec![fine(), form()], Some(Outcome::Provider400), None),
        (TRANSLATED, false, vec![fine(), form()], Some(Outcome::Provider400), None),
        (TRANSLATED, false, vec![fine(), form(), fine()], None, None),
        // Part of an agent's life, whoever wrote the form.
        (PASSED_ON, false, vec![too_long()], None, Some(Outcome::ContextOverflow)),
        (TRANSLATED, false, vec![fine(), too_long()], None, Some(Outcome::ContextOverflow)),
        (TRANSLATED, false, vec![fine(), too_long(), fine()], None, None),
        (TRANSLATED, false, vec![fine(), refusal(413, "")], None, Some(Outcome::ContextOverflow)),
        (TRANSLATED, false, vec![fine(), policy()], None, Some(Outcome::Refusal)),
        (PASSED_ON, false, vec![refusal(403, "your input was flagged")], None, Some(Outcome::Refusal)),
    ] {
        let summary = seen(client, ours, &steps).await;
        let told = (summary.failure, summary.refusal.map(|(outcome, _)| outcome));
        assert_eq!(told, (failure, agents), "{client} {ours} {steps:?}");
        let refused = steps.len() - steps.iter().filter(|step| matches!(step, Step::Answer(_))).count();
        assert_eq!(summary.admitted as usize, steps.len());
        assert_eq!(summary.calls as usize, steps.len() - refused, "a refused request is no call");
    }
}

#[tokio::test]
async fn a_refused_form_is_flagged_with_the_providers_words_even_where_the_client_went_on() {
    let summary = seen(Dialect::AnthropicMessages, false, &[fine(), form(), fine()]).await;
    let [flag] = summary.flags.as_slice() else { panic!("{:?}", summary.flags) };
    assert_eq!(flag.name, FlagName::ProviderRefused);
    let whole =
        "call 2, translated from anthropic-messages to openai-chat: the provider answered 400: Function call";
    assert!(flag.reason.starts_with(whole), "{flag}");
}

#[tokio::test]
async fn a_stream_that_breaks_is_the_providers_failure_until_the_client_asks_again() {
    let broken = || {
        let begun = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n";
        Step::Broken("text/event-stream", vec![begun.into()])
    };
    for (steps, failure) in [(vec![broken()], Some(Outcome::Provider5xx)), (vec![broken(), fine()], None)] {
        for client in [Dialect::OpenaiChat, Dialect::AnthropicMessages] {
            let upstream = ScriptedUpstream::start(steps.clone()).await.unwrap();
            let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
            for _ in &steps {
                ask(&rig.session, client, &body(client, true)).await;
            }
            assert_eq!(rig.session.summary().failure, failure, "{client} {steps:?}");
        }
    }
}
