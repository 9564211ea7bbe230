//! A container that gave no verdict, looked at from outside: what is met there decides whose doing it is.

use std::time::Duration;

use ledger::Outcome;
use sandbox::{Sandbox, SandboxState};
use tokio::time::{Instant, sleep};

use crate::{
    container::site::Site,
    no_verdict::{Met, NoVerdict},
};

/// How long an engine may take to notice that a container has ended.
const NOTICE: Duration = Duration::from_secs(10);

/// Exit codes of a container that was ended from outside: it was told to, by its input's end or a signal, or killed.
const ENDED_FROM_OUTSIDE: [i64; 3] = [0, 137, 143];

/// Fills in what was met, for failures that say nothing of it.
pub(crate) async fn examine(site: &Site<'_>, sandbox: &dyn Sandbox, why: NoVerdict) -> NoVerdict {
    let is_open = matches!(why.outcome, Outcome::Engine | Outcome::GuestLost | Outcome::HostDisk);
    if !is_open || why.met != Met::Nothing {
        return why;
    }
    // More than it may write: for the lack of that, something else could not be written.
    let limit = site.limits.disk_mb << 20;
    if sandbox.written().await.is_some_and(|written| written.bytes > limit || !written.whole) {
        return NoVerdict { met: Met::FullDisk, ..why };
    }
    let state = settled(sandbox).await;
    let answers = site.engine.check().await.is_ok();
    NoVerdict { met: of_state(state, why.outcome == Outcome::GuestLost && answers), ..why }
}

/// What a container's state says. `silent`: its guest does not answer, and the engine does.
fn of_state(state: Option<SandboxState>, silent: bool) -> Met {
    match state {
        // The guest takes next to no memory, but what the kernel holds for sockets is nobody's: then it may be chosen.
        Some(SandboxState::Ended { oom_killed: true, .. }) => Met::OutOfMemory,
        Some(SandboxState::Ended { code, .. }) if !ENDED_FROM_OUTSIDE.contains(&code) => Met::LostGuest,
        Some(SandboxState::Running) if silent => Met::LostGuest,
        _ => Met::Nothing,
    }
}

/// The container's state, once the engine has noticed an end; `None` where the engine does not tell.
async fn settled(sandbox: &dyn Sandbox) -> Option<SandboxState> {
    let until = Instant::now() + NOTICE;
    loop {
        match sandbox.state().await.ok()? {
            SandboxState::Running if Instant::now() < until => sleep(Duration::from_millis(500)).await,
            state => return Some(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_that_is_gone_while_nobody_ended_it_is_told_from_one_that_was_ended() {
        let ended = |code, oom_killed| Some(SandboxState::Ended { code, oom_killed, reason: String::new() });
        for (state, silent, met) in [
            (Some(SandboxState::Running), true, Met::LostGuest),
            // The engine does not answer, or nothing says that the guest is gone.
            (Some(SandboxState::Running), false, Met::Nothing),
            (Some(SandboxState::Paused), true, Met::Nothing),
            (None, true, Met::Nothing),
            (ended(137, true), true, Met::OutOfMemory),
            // The host's own memory killer, a restart of the engine, the end of this program's stream.
            (ended(137, false), true, Met::Nothing),
            (ended(143, false), true, Met::Nothing),
            (ended(0, false), true, Met::Nothing),
            // It could not go on, panicked, or was hit by a fault of its own.
            (ended(74, false), true, Met::LostGuest),
            (ended(101, false), true, Met::LostGuest),
            (ended(139, false), false, Met::LostGuest),
        ] {
            assert_eq!(of_state(state.clone(), silent), met, "{state:?} {silent}");
        }
    }
}
