//! The request as it goes upstream: passed on with listed edits, or translated.

use bytes::Bytes;
use dialect::{ErrorKind, Loss, Passing, neutral};
use http::HeaderMap;
use spec::{
    Dialect,
    model::Endpoint,
    sweep::{Helpers, ServerTools, Settings},
};

use super::{asides, progress::Call};
use crate::{
    admission::Admission,
    handed_out,
    provider::{self, Failure, Outgoing, Provider},
};

/// A request ready to be sent, and how its answer is to be read.
pub(crate) struct Prepared {
    pub(crate) outgoing: Outgoing,
    /// Whether chunks that hold usage only are kept from a client that did not ask for them.
    pub(crate) drop_usage: bool,
    /// Edits, in words.
    pub(crate) edits: Vec<String>,
    /// What a translation cannot carry.
    pub(crate) losses: Vec<Loss>,
}

/// Prepares a call that was let through.
pub(crate) fn prepare(
    call: &Call,
    endpoint: &Endpoint,
    provider: &dyn Provider,
    admission: &Admission,
) -> Result<Prepared, Failure> {
    let spec = &call.session.spec;
    let model = match (call.other_model, spec.helpers) {
        (true, Helpers::Allow) => &call.request.model,
        _ => &endpoint.model,
    };
    let same = call.dialect == endpoint.dialect;
    let completion_limit = provider::completion_limit(endpoint, provider);
    let Written { body, drop_usage, mut edits, losses } = if same {
        passed_on(call, model, admission, completion_limit)?
    } else {
        translated(call, endpoint.dialect, model, admission, completion_limit)?
    };
    let (mut headers, query) =
        if same { asides::passed_on(call, &mut edits) } else { (HeaderMap::new(), None) };
    let body = provider::fit(endpoint, provider, &mut headers, body, &mut edits)?;
    let outgoing = Outgoing {
        model: model.clone(),
        stream: call.request.stream,
        query,
        headers,
        body: Bytes::from(body),
    };
    Ok(Prepared { outgoing, drop_usage, edits, losses })
}

/// A body ready to be sent, and what became of the request on the way to it.
struct Written {
    body: Vec<u8>,
    drop_usage: bool,
    edits: Vec<String>,
    losses: Vec<Loss>,
}

fn passed_on(
    call: &Call,
    model: &str,
    admission: &Admission,
    completion_limit: bool,
) -> Result<Written, Failure> {
    let wrong = |error: dialect::DecodeError| Failure::new(ErrorKind::InvalidRequest, error.to_string());
    let mut passing = Passing::parse(call.dialect, &call.body).map_err(wrong)?;
    passing.rewrite(&call.rewritten);
    match call.session.spec.server_tools {
        ServerTools::Strip => {
            passing.strip_fields();
            passing.strip_server_tools();
        }
        ServerTools::Allow => {
            passing.note_fields();
            passing.note_server_tools();
        }
    }
    passing.set_model(model);
    if call.session.spec.settings == Settings::Pinned {
        passing.pin(&pinned(call));
    }
    if limit_changes(call, admission) {
        passing.set_max_output(admission.output, completion_limit);
    }
    let drop_usage = call.request.stream && passing.include_usage();
    let (body, edits) = passing.finish(&call.body);
    Ok(Written { body, drop_usage, edits, losses: Vec::new() })
}

fn translated(
    call: &Call,
    outbound: Dialect,
    model: &str,
    admission: &Admission,
    completion_limit: bool,
) -> Result<Written, Failure> {
    let mut request = call.request.clone();
    let mut losses = call.losses.clone();
    if let Some(loss) = losses.iter().find(|loss| loss.is_elsewhere()) {
        return Err(Failure::new(ErrorKind::InvalidRequest, loss.to_string()));
    }
    let mut edits = match call.session.spec.server_tools {
        ServerTools::Strip => dialect::strip_server_tools(&mut request, &mut losses),
        // They have no place in another dialect, and are lost.
        ServerTools::Allow => Vec::new(),
    };
    edits.extend(call.rewritten.iter().flat_map(|field| field.edits.iter().cloned()));
    let root = call.weighed.conversation.root;
    let (put_back, unsigned, signed) = {
        let handed_out = &call.session.state().handed_out;
        (handed_out.put_back(&mut request, root), handed_out.unsigned, handed_out.signed)
    };
    if put_back > 0 {
        edits.push(format!("reasoning put back before {put_back} calls"));
    }
    if outbound == Dialect::AnthropicMessages && !unsigned && handed_out::take_unsigned(&mut request) {
        edits.push("reasoning that nobody signed taken out".into());
    }
    if outbound == Dialect::Gemini && signed {
        let calls = handed_out::sign_calls(&mut request);
        if calls > 0 {
            edits.push(format!("a signature that is not known put before {calls} calls"));
        }
    }
    request.model = model.to_owned();
    request.max_output = Some(admission.output);
    if call.session.spec.settings == Settings::Pinned {
        let stop = std::mem::take(&mut request.sampling.stop);
        let thinking_budget = request.sampling.thinking_budget;
        request.sampling = neutral::Sampling { stop, thinking_budget, ..pinned(call) };
    }
    let wrong = |error: dialect::DecodeError| Failure::new(ErrorKind::InvalidRequest, error.to_string());
    let encoded = dialect::encode_request(outbound, &request).map_err(wrong)?;
    let mut body = encoded.body;
    if outbound == Dialect::OpenaiChat {
        let field = call.session.state().handed_out.reasoning_field;
        dialect::put_reasoning_into(&mut body, field);
    }
    if outbound == Dialect::OpenaiChat
        && completion_limit
        && let Some(body) = body.as_object_mut()
        && let Some(limit) = body.shift_remove("max_tokens")
    {
        body.insert("max_completion_tokens".into(), limit);
    }
    losses.extend(encoded.losses);
    Ok(Written { body: body.to_string().into_bytes(), drop_usage: false, edits, losses })
}

/// The profile's settings, in the neutral form.
fn pinned(call: &Call) -> neutral::Sampling {
    let sampling = &call.session.model.sampling;
    neutral::Sampling {
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        top_k: sampling.top_k.map(u64::from),
        effort: sampling.effort.clone(),
        ..neutral::Sampling::default()
    }
}

/// Whether the client's own limit, or its silence about one, would let more through than is held.
fn limit_changes(call: &Call, admission: &Admission) -> bool {
    match call.request.max_output {
        Some(asked) => asked > admission.output,
        None => admission.clamped_to.is_some(),
    }
}
