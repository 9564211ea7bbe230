//! The control of the wire: a bare trial's conversation is replayed through the dialect of each harness of the sweep.

use std::collections::BTreeMap;

use dialect::neutral::Request;
use gateway::twin::{Exchange, differences};
use ledger::{BlobStore, CallRecord, PlannedTrial};
use transcript::{SharedRequest, Transcript};
use vocabulary::{Dialect, Flag, FlagName};

use crate::context::Context;

/// Where the conversation of a bare trial would have been another one in a harness's dialect: one flag a dialect. None
/// where the sweep does not ask for it, or the trial is a harness's.
pub(crate) fn flags(
    context: &Context,
    planned: &PlannedTrial,
    calls: &[CallRecord],
    transcript: &Transcript,
) -> Vec<Flag> {
    let Some(provider) = context.models.get(&planned.model).and_then(|model| model.endpoint.as_ref()) else {
        return Vec::new();
    };
    if !context.plan.sweep.twin || context.harness_of(planned).is_some() {
        return Vec::new();
    }
    let provider = provider.dialect;
    let bodies = bodies(context.journal.blobs(), calls);
    let exchanges = exchanges(transcript, &bodies);
    let flag = |(client, harnesses): (Dialect, Vec<&str>)| {
        let found = differences(client, provider, &exchanges);
        let first = found.first()?;
        let all = harnesses.join(", ");
        let reason = format!("{all} ({client}, provider {provider}), {} in all, first {first}", found.len());
        Some(Flag::new(FlagName::WireDifference, reason))
    };
    clients(context, provider).into_iter().filter_map(flag).collect()
}

/// The dialects that the sweep's harnesses speak and that are translated, each with those harnesses.
fn clients(context: &Context, provider: Dialect) -> BTreeMap<Dialect, Vec<&str>> {
    let mut clients: BTreeMap<Dialect, Vec<&str>> = BTreeMap::new();
    for harness in context.harnesses.values() {
        if let Some(client) = harness.dialects.first().filter(|client| **client != provider) {
            clients.entry(*client).or_default().push(&harness.name);
        }
    }
    clients
}

/// The answers of a try's calls, by number.
fn bodies(blobs: &BlobStore, calls: &[CallRecord]) -> BTreeMap<u32, Vec<u8>> {
    let body = |call: &CallRecord| Some((call.call, blobs.get(call.response.as_ref()?).ok()?));
    // Our own final message is no answer of the model's, and a refusal none at all.
    calls.iter().filter(|call| call.usage.is_some()).filter_map(body).collect()
}

fn exchanges<'a>(transcript: &Transcript, bodies: &'a BTreeMap<u32, Vec<u8>>) -> Vec<Exchange<'a>> {
    let exchange = |call: &transcript::Call| {
        let answer = bodies.get(&call.number).map(Vec::as_slice);
        Some(Exchange { call: call.number, request: whole(call.asked()?), answer })
    };
    transcript.calls.iter().filter_map(exchange).collect()
}

fn whole(shared: &SharedRequest) -> Request {
    Request {
        system: shared.system.to_vec(),
        messages: shared.messages.iter().map(|message| (**message).clone()).collect(),
        tools: shared.tools.to_vec(),
        stream: true,
        ..Request::default()
    }
}
