//! Ctrl-C and termination, for commands that have something to end first.

use runner::Stop;
use tokio::signal::unix::{Signal, SignalKind, signal};

fn both() -> Option<(Signal, Signal)> {
    Some((signal(SignalKind::interrupt()).ok()?, signal(SignalKind::terminate()).ok()?))
}

/// Resolves when the user, or the system, asks the program to stop.
pub(crate) async fn interrupted() {
    match both() {
        Some((mut interrupt, mut terminate)) => {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        }
        None => std::future::pending().await,
    }
}

/// Stops a run at once when the user, or the system, asks for it.
pub(crate) fn stop_on_interrupt() -> Stop {
    let stop = Stop::default();
    let told = stop.clone();
    tokio::spawn(async move {
        interrupted().await;
        errln!("stopping");
        told.drain.cancel();
        told.kill.cancel();
    });
    stop
}

/// Stops a run in two steps: the first Ctrl-C drains, the second kills. Termination kills at once.
pub(crate) fn drain_on_interrupt() -> Stop {
    let stop = Stop::default();
    tokio::spawn(drain_then_kill(stop.clone()));
    stop
}

async fn drain_then_kill(stop: Stop) {
    let Some((mut interrupt, mut terminate)) = both() else { return };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {
                if stop.drain.is_cancelled() {
                    errln!("stopping running trials");
                    stop.kill.cancel();
                } else {
                    errln!("starting no more trials; Ctrl-C again stops those that run");
                    stop.drain.cancel();
                }
            }
            _ = terminate.recv() => {
                stop.drain.cancel();
                stop.kill.cancel();
            }
        }
    }
}
