//! A model asked once before anything else: for a few tokens, with a tool, as a stream. What it shows is recorded; what
//! it refuses is told with the way out, before an image is built for it.

mod ask;
mod counts;
mod refusal;

use dialect::ErrorKind;
use ledger::Preflight;
use spec::{
    Dialect, Model,
    model::{Endpoint, MaxTokensField},
};

use crate::{keys::Keys, provider};

pub use refusal::{Cause, Refusal};

/// Asks `model` once. Nothing is tried again: that is for who waits.
///
/// # Errors
/// When it does not answer, with the cause and the way out.
pub async fn preflight(model: &Model, keys: &Keys) -> Result<Preflight, Refusal> {
    let Some(endpoint) = &model.endpoint else {
        return Err(Refusal::without_endpoint(model));
    };
    let failure = match ask::once(model, endpoint, keys).await {
        Ok(preflight) => return Ok(preflight),
        Err(failure) => failure,
    };
    let refusal = refusal::of(model, endpoint, &failure);
    let names_limit =
        failure.detail.contains("max_tokens") || failure.detail.contains("max_completion_tokens");
    if failure.kind != ErrorKind::InvalidRequest || endpoint.dialect != Dialect::OpenaiChat || !names_limit {
        return Err(refusal);
    }
    // Two servers of one dialect know the limit by two names: which it is, only the other one tells.
    let field = other_limit(endpoint);
    let other = Endpoint { max_tokens_field: Some(field), ..endpoint.clone() };
    match ask::once(model, &other, keys).await {
        Ok(_) => {
            Err(refusal.fixed_by(format!("add `max_tokens_field = \"{}\"` to [endpoint]", field.name())))
        }
        Err(_) => Err(refusal),
    }
}

/// The name for the output limit that an endpoint is not told it by.
fn other_limit(endpoint: &Endpoint) -> MaxTokensField {
    if provider::completion_limit(endpoint, &*provider::of(endpoint)) {
        MaxTokensField::MaxTokens
    } else {
        MaxTokensField::MaxCompletionTokens
    }
}
