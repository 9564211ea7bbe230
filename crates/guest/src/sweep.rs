//! Killing, stopping and continuing everything in the container but the guest.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use wire::{Failure, Reply};

use crate::exec::KILL_PATIENCE;
use crate::processes::{self, Process, State};
use crate::sys;

/// How long everything may take to stop. Processes in an uninterruptible wait stop late.
const FREEZE_PATIENCE: Duration = Duration::from_secs(5);

/// An order to everybody, until it is carried out.
#[derive(Debug)]
pub(crate) struct Sweep {
    pub(crate) channel: u32,
    order: Order,
    until: Instant,
}

#[derive(Debug)]
enum Order {
    Kill,
    /// Only those that use what lies below a path.
    KillUsing(Vec<u8>),
    Freeze,
}

/// What was stopped already before it was frozen, and stays so after.
#[derive(Debug)]
pub(crate) struct Frozen {
    pub(crate) since: Instant,
    stopped_before: HashSet<i32>,
}

impl Sweep {
    pub(crate) fn kill(channel: u32, now: Instant) -> Sweep {
        Sweep { channel, order: Order::Kill, until: now + KILL_PATIENCE }
    }

    pub(crate) fn kill_using(channel: u32, place: Vec<u8>, now: Instant) -> Sweep {
        Sweep { channel, order: Order::KillUsing(place), until: now + KILL_PATIENCE }
    }

    pub(crate) fn freeze(channel: u32, now: Instant) -> Sweep {
        Sweep { channel, order: Order::Freeze, until: now + FREEZE_PATIENCE }
    }

    pub(crate) fn is_kill(&self) -> bool {
        matches!(self.order, Order::Kill | Order::KillUsing(_))
    }

    /// One more pass; the answer when done, or when patience is.
    pub(crate) fn advance(&self, now: Instant, guest: i32) -> Option<Reply> {
        match &self.order {
            Order::Kill => {
                let left = kill_all(guest);
                (left == 0 || self.until <= now).then_some(Reply::Killed { survivors: left as u32 })
            }
            Order::KillUsing(place) => {
                let users: Vec<Process> =
                    living(guest).filter(|process| processes::uses(process.pid, place)).collect();
                kill(&users);
                let left = users.len();
                (left == 0 || self.until <= now).then_some(Reply::Killed { survivors: left as u32 })
            }
            Order::Freeze => {
                sys::signal_all(libc::SIGSTOP);
                let running: Vec<Process> =
                    living(guest).filter(|process| process.state == State::Running).collect();
                running.iter().for_each(|process| sys::signal(process.pid, libc::SIGSTOP));
                if running.is_empty() {
                    Some(Reply::Done)
                } else if self.until <= now {
                    let text = format!("{} processes do not stop", running.len());
                    Some(Reply::Failed(Failure::Refused(text)))
                } else {
                    None
                }
            }
        }
    }
}

impl Frozen {
    /// To be made before the first stop.
    pub(crate) fn new(now: Instant, guest: i32) -> Frozen {
        let stopped = living(guest).filter(|process| process.state == State::Stopped);
        Frozen { since: now, stopped_before: stopped.map(|process| process.pid).collect() }
    }

    pub(crate) fn thaw(&self, guest: i32) {
        go_on(living(guest), &self.stopped_before);
    }
}

/// Sends the kill to everybody once, and returns how many were there.
pub(crate) fn kill_all(guest: i32) -> usize {
    sys::signal_all(libc::SIGKILL);
    let left: Vec<Process> = living(guest).collect();
    kill(&left);
    left.len()
}

/// Lets processes go on that were stopped, but for some.
pub(crate) fn go_on(processes: impl Iterator<Item = Process>, but: &HashSet<i32>) {
    for process in processes.filter(|process| !but.contains(&process.pid)) {
        sys::signal(process.pid, libc::SIGCONT);
    }
}

/// Stopped first, so that nobody forks into the room that the others leave.
pub(crate) fn kill(processes: &[Process]) {
    for number in [libc::SIGSTOP, libc::SIGKILL] {
        processes.iter().for_each(|process| sys::signal(process.pid, number));
    }
}

/// PID 1 answers for everybody it sees, also for what was put in from outside; anyone else for its descendants.
fn living(guest: i32) -> impl Iterator<Item = Process> {
    let all = processes::living();
    let mine = if guest == 1 { all } else { processes::descendants(&all, guest) };
    mine.into_iter().filter(move |process| process.pid != guest)
}
