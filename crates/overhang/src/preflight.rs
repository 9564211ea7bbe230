//! Each model is asked once before anything is built for it: what a sweep would stumble over is told at once.

use std::time::Duration;

use futures_util::future::join_all;
use gateway::{Keys, Refusal};
use ledger::Preflight;
use spec::Model;

use crate::{failure::Failure, signals::interrupted};

/// The first pause before a busy provider is asked again; it doubles up to the longest, as the pauses of a run do.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Asks all models that are not simulated, at once. `wait`: whether a refusal is waited out too.
///
/// # Errors
/// With every model that refuses, or when the user stops it.
pub(crate) async fn models(models: &[Model], keys: &Keys, wait: bool) -> Result<Vec<Preflight>, Failure> {
    let asked = models.iter().filter(|model| !model.is_simulated());
    let answers = join_all(asked.map(|model| answer(model, keys, wait)));
    let answers = tokio::select! {
        answers = answers => answers,
        () = interrupted() => return Err(Failure::Interrupted),
    };
    let (mut shown, mut refused) = (Vec::new(), Vec::new());
    for answer in answers {
        match answer {
            Ok(preflight) => shown.push(preflight),
            Err(refusal) => refused.push(refusal),
        }
    }
    if !refused.is_empty() {
        return Err(Failure::Models(refused));
    }
    for preflight in &shown {
        errln!("{}", line(preflight));
        for warning in &preflight.warnings {
            errln!("warning: model {}: {warning}", preflight.model);
        }
    }
    Ok(shown)
}

async fn answer(model: &Model, keys: &Keys, wait: bool) -> Result<Preflight, Refusal> {
    let (mut pause, mut told) = (FIRST_PAUSE, None);
    loop {
        let refusal = match gateway::preflight(model, keys).await {
            Ok(preflight) => return Ok(preflight),
            Err(refusal) => refusal,
        };
        if !(refusal.passes() || (wait && refusal.can_be_waited_for())) {
            return Err(refusal);
        }
        if told.as_ref() != Some(&refusal.said) {
            errln!("{refusal}; waiting until it answers (Ctrl-C stops)");
            told = Some(refusal.said);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What a model showed, in a line.
fn line(preflight: &Preflight) -> String {
    let name = preflight.model_served.as_ref().map_or_else(String::new, |name| format!(" as {name}"));
    format!("model {} answers{name}: {}", preflight.model, spent(preflight))
}

/// What an answer took.
pub(crate) fn spent(preflight: &Preflight) -> String {
    let tokens = preflight.usage.as_ref().map_or_else(
        || "tokens not told".to_owned(),
        |usage| format!("{} tokens in, {} out", usage.input(), usage.output + usage.reasoning),
    );
    let usd = preflight.usd.map_or_else(String::new, |usd| format!(", {usd:.5} USD"));
    format!("{tokens}{usd}, {:.1} s", preflight.seconds)
}
