//! Ctrl-C and termination: commands that have something to end first do so, and the program ends in any case.

use std::{
    sync::{
        atomic::{AtomicU8, Ordering},
        mpsc,
    },
    time::Duration,
};

use runner::Stop;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{Instant, sleep_until},
};

use crate::exit::Exit;

/// What the command under way does about a signal: each is more patient than the one before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Manners {
    /// Nothing: there is nothing to be ended.
    None,
    /// It ends, and removes its containers first.
    Ends,
    /// At the first Ctrl-C it lets what runs go on to its end.
    Drains,
}

static MANNERS: AtomicU8 = AtomicU8::new(Manners::None as u8);

/// How long a command may take to end.
const GRACE: Duration = Duration::from_secs(60);

/// Ends the program where the command under way does not: at once where it takes no notice of signals, after a time
/// where it does and yet goes on, and at a third Ctrl-C or a second termination. It has a thread of its own, since a
/// command that does not end may hold all others.
pub(crate) fn watch() {
    let (ready, begun) = mpsc::channel();
    let watching = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(end_in_time(ready));
        }
    };
    match std::thread::Builder::new().name("signals".into()).spawn(watching) {
        // What is sent before that ends the program by the system's own ways.
        Ok(_) => drop(begun.recv()),
        Err(error) => tracing::debug!(%error, "signals are not watched"),
    }
}

async fn end_in_time(ready: mpsc::Sender<()>) {
    let Some((mut interrupt, mut terminate)) = both() else { return };
    drop(ready);
    let (mut interrupts, mut terminations) = (0, 0);
    let mut deadline: Option<Instant> = None;
    loop {
        tokio::select! {
            _ = interrupt.recv() => interrupts += 1,
            _ = terminate.recv() => terminations += 1,
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                leave("it did not end by itself: `overhang clean` removes what it left");
            }
        }
        let manners = MANNERS.load(Ordering::SeqCst);
        if manners == Manners::None as u8 {
            leave("stopped");
        } else if interrupts >= 3 || terminations >= 2 {
            leave("stopped at once: `overhang clean` removes what is left");
        } else if manners == Manners::Ends as u8 || interrupts >= 2 || terminations >= 1 {
            deadline.get_or_insert_with(|| Instant::now() + GRACE);
        }
    }
}

#[expect(clippy::exit, reason = "what is under way did not end when it was asked to")]
fn leave(why: &str) -> ! {
    errln!("{why}");
    std::process::exit(Exit::Interrupted.code().into());
}

fn mind(manners: Manners) {
    MANNERS.fetch_max(manners as u8, Ordering::SeqCst);
}

fn both() -> Option<(Signal, Signal)> {
    Some((signal(SignalKind::interrupt()).ok()?, signal(SignalKind::terminate()).ok()?))
}

/// The same for a command that, asked once, lets what runs go on to its end.
pub(crate) async fn interrupted_patiently() {
    mind(Manners::Drains);
    interrupted().await;
}

/// Resolves when the user, or the system, asks the program to stop.
pub(crate) async fn interrupted() {
    mind(Manners::Ends);
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
    mind(Manners::Drains);
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
