//! One exec, from its request to its outcome.

mod plan;
mod stdio;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use wire::{
    CreditError, End, ExecOutcome, ExecRequest, Kind, Output, Reply, SendWindow, StartStep, Stderr, Window,
};

use crate::cgroup::{self, Hits};
use crate::outbox::Outbox;
use crate::processes::{self, Root};
use crate::sweep;
use crate::sys::{self, Ended, Program, Status};
use crate::users::StartError;
use plan::{Plan, lossy};
use stdio::{Feed, Stream, nonblocking, pipe};

/// How long a killed tree may take to disappear. Less than the ten seconds after which its caller gives up on it.
pub(crate) const KILL_PATIENCE: Duration = Duration::from_secs(8);

/// How long to wait before looking again whether a killed tree is gone.
pub(crate) const KILL_PAUSE: Duration = Duration::from_millis(2);

/// How long after the main process another holder of its pipes may still write.
const DRAIN_GRACE: Duration = Duration::from_millis(50);

/// How long output that was already written may wait for a slow reader of a live stream.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);

/// Processes in the container above which all are stopped while a tree among them is killed.
const CROWD: u64 = 100;

#[derive(Debug)]
pub(crate) struct Exec {
    channel: u32,
    root: Root,
    began: Instant,
    deadline: Option<Instant>,
    feed: Option<Feed>,
    stdout: Stream,
    stderr: Option<Stream>,
    status: OwnedFd,
    program: String,
    cwd: String,
    live: Option<SendWindow>,
    before: Hits,
    kill: Option<Kill>,
    ended: Option<Finished>,
}

#[derive(Debug)]
struct Kill {
    why: End,
    until: Instant,
    /// `Some` once over: how many are left.
    survivors: Option<u32>,
}

#[derive(Debug)]
struct Finished {
    ended: Ended,
    at: Instant,
}

/// Which descriptor of an exec something happened on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Port {
    Stdin,
    Stdout,
    Stderr,
}

impl Exec {
    /// Starts the program. `null`: its standard input when it gets none.
    pub(crate) fn start(
        channel: u32,
        request: ExecRequest,
        null: BorrowedFd<'_>,
        open_files: Option<(u64, u64)>,
        now: Instant,
    ) -> Result<Exec, StartError> {
        let before = cgroup::hits();
        let plan = Plan::new(&request)?;
        let (child_stdin, feed) = match request.stdin {
            None => (None, None),
            Some(bytes) => {
                let (reader, pipe) = pipe()?;
                nonblocking(&pipe)?;
                (Some(reader), Some(Feed::new(pipe, bytes.into_vec())))
            }
        };
        let (stdout, child_stdout) = Stream::new(Kind::Data, request.stdout)?;
        let (stderr, child_stderr) = match request.stderr {
            Stderr::Merged => (None, None),
            Stderr::Apart(keep) => {
                let (stream, child) = Stream::new(Kind::Stderr, keep)?;
                (Some(stream), Some(child))
            }
        };
        let (status, child_status) = pipe()?;
        nonblocking(&status)?;
        let program = Program {
            candidates: plan.candidates,
            argv: plan.argv,
            env: plan.env,
            cwd: plan.cwd,
            identity: plan.identity,
            privileges: request.privileges,
            stdio: [
                child_stdin.as_ref().map_or(null, AsFd::as_fd),
                child_stdout.as_fd(),
                child_stderr.as_ref().unwrap_or(&child_stdout).as_fd(),
            ],
            status: child_status.as_fd(),
            open_files,
        };
        let pid = sys::spawn(&program)
            .map_err(|error| StartError::new(StartStep::Fork, error.raw_os_error().unwrap_or(0), "fork"))?;
        // The child cannot be reaped yet, so that its entry is there to be read.
        let started = processes::read(pid).map_or(0, |process| process.started);
        Ok(Exec {
            channel,
            root: Root { pid, started },
            began: now,
            deadline: request.time_limit.and_then(|limit| now.checked_add(limit)),
            feed,
            stdout,
            stderr,
            status,
            program: lossy(request.argv.first().map_or(&[], Vec::as_slice)),
            cwd: lossy(&request.cwd),
            live: request.live.then(|| SendWindow::new(Window::STREAM)),
            before,
            kill: None,
            ended: None,
        })
    }

    pub(crate) fn pid(&self) -> i32 {
        self.root.pid
    }

    /// Whether its processes are its own still: not when only left-behind ones may live.
    pub(crate) fn is_running(&self) -> bool {
        self.ended.is_none()
    }

    /// Takes the end of the main process.
    pub(crate) fn reaped(&mut self, ended: Ended, now: Instant) {
        self.feed = None;
        for stream in self.streams() {
            stream.owed =
                stream.pipe.as_ref().and_then(|pipe| rustix::io::ioctl_fionread(pipe).ok()).unwrap_or(0);
            stream.readable = true;
        }
        self.ended = Some(Finished { ended, at: now });
    }

    /// Begins to kill everything it started.
    pub(crate) fn begin_kill(&mut self, why: End, now: Instant) {
        if self.kill.is_none() {
            self.kill = Some(Kill { why, until: now + KILL_PATIENCE, survivors: None });
        }
    }

    pub(crate) fn signal(&self, number: i32) {
        if self.is_running() {
            sys::signal_group(self.root.pid, number);
        }
    }

    pub(crate) fn credit(&mut self, payload: &[u8]) -> Result<(), CreditError> {
        self.live.as_mut().map_or(Ok(()), |window| window.grant(payload))
    }

    /// Time that passed while everything was frozen does not count.
    pub(crate) fn postpone(&mut self, by: Duration) {
        self.began += by;
        self.deadline = self.deadline.and_then(|deadline| deadline.checked_add(by));
    }

    /// When `advance` must be called at the latest.
    pub(crate) fn wake(&self, now: Instant, frozen: bool) -> Option<Instant> {
        match (&self.kill, &self.ended) {
            (Some(Kill { survivors: None, .. }), _) => Some(now + KILL_PAUSE),
            (_, Some(_)) if self.is_over(now) => Some(now),
            (_, Some(finished)) => [DRAIN_GRACE, DRAIN_PATIENCE]
                .into_iter()
                .map(|time| finished.at + time)
                .find(|&time| time > now),
            (_, None) => self.deadline.filter(|_| !frozen),
        }
    }

    /// Begins to kill it if its time is over.
    pub(crate) fn check_deadline(&mut self, now: Instant) {
        if self.is_running() && self.deadline.is_some_and(|deadline| deadline <= now) {
            self.begin_kill(End::TimedOut, now);
        }
    }

    /// Goes on killing, if that has begun; `others` are the main processes of the other execs.
    pub(crate) fn advance(&mut self, now: Instant, guest: i32, others: &[i32], frozen: bool) {
        let root = self.root;
        if let Some(kill) = self.kill.as_mut().filter(|kill| kill.survivors.is_none()) {
            // Looking for a tree among hundreds that fork takes longer than they take to double.
            // Only PID 1 answers for everybody: elsewhere those that would be let go on are strangers.
            let crowd = guest == 1 && !frozen && cgroup::processes().is_some_and(|many| many > CROWD);
            if crowd {
                sys::signal_all(libc::SIGSTOP);
            }
            let living = processes::living();
            let tree = processes::tree(&living, guest, root, others);
            sweep::kill(&tree);
            if crowd {
                // One that had stopped itself before goes on too: in a crowd nobody can tell.
                let killed = tree.iter().map(|process| process.pid).collect();
                sweep::go_on(living.into_iter(), &killed);
            }
            if (tree.is_empty() && self.ended.is_some()) || kill.until <= now {
                kill.survivors = Some(tree.len() as u32);
            }
        }
    }

    /// Reads output and sends what is live.
    pub(crate) fn pump(&mut self, out: &mut Outbox, scratch: &mut [u8]) {
        let channel = self.channel;
        let mut live = self.live.take();
        for stream in self.streams() {
            stream.pump(channel, live.as_mut(), out, scratch);
        }
        self.live = live;
    }

    /// Writes standard input.
    pub(crate) fn feed(&mut self) {
        if self.feed.as_mut().is_some_and(Feed::write) {
            self.feed = None;
        }
    }

    pub(crate) fn became_readable(&mut self, port: Port) {
        match port {
            Port::Stdin => {}
            Port::Stdout => self.stdout.readable = true,
            Port::Stderr => {
                if let Some(stream) = &mut self.stderr {
                    stream.readable = true;
                }
            }
        }
    }

    /// The descriptors to wait for.
    pub(crate) fn ports(&self) -> impl Iterator<Item = (Port, BorrowedFd<'_>)> {
        let feed = self.feed.as_ref().map(|feed| (Port::Stdin, feed.pipe.as_fd()));
        let waiting = |stream: &'_ Stream| -> bool { !stream.readable };
        let stdout =
            Some(&self.stdout).filter(|stream| waiting(stream)).and_then(|stream| stream.pipe.as_ref());
        let stderr =
            self.stderr.as_ref().filter(|stream| waiting(stream)).and_then(|stream| stream.pipe.as_ref());
        feed.into_iter()
            .chain(stdout.map(|pipe| (Port::Stdout, pipe.as_fd())))
            .chain(stderr.map(|pipe| (Port::Stderr, pipe.as_fd())))
    }

    /// Whether `pump` would do something now, given room for live output.
    pub(crate) fn has_output(&self, room: bool) -> bool {
        let credit = self.live.as_ref().is_none_or(|window| room && window.available() > 0);
        let ready = |stream: &Stream| stream.readable && stream.pipe.is_some();
        credit && (ready(&self.stdout) || self.stderr.as_ref().is_some_and(ready))
    }

    /// Whether the outcome is complete.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        if let Some(kill) = &self.kill {
            match kill.survivors {
                None => return false,
                Some(_) if self.ended.is_none() => return true,
                Some(_) => {}
            }
        }
        let Some(finished) = &self.ended else { return false };
        let streams = || [Some(&self.stdout), self.stderr.as_ref()].into_iter().flatten();
        streams().all(|stream| stream.pipe.is_none())
            || (now >= finished.at + DRAIN_GRACE && streams().all(|stream| stream.owed == 0))
            || now >= finished.at + DRAIN_PATIENCE
    }

    /// The outcome, and the pipes that processes left behind still hold.
    pub(crate) fn finish(mut self, now: Instant) -> (Reply, Vec<OwnedFd>) {
        let held: Vec<OwnedFd> = self.streams().filter_map(|stream| stream.pipe.take()).collect();
        let after = cgroup::hits();
        let survivors = self.kill.as_ref().and_then(|kill| kill.survivors).unwrap_or(0);
        let end = match (self.not_started(), self.kill, &self.ended) {
            (Some(end), _, _) => end,
            (None, Some(kill), _) => kill.why,
            (None, None, Some(finished)) => match finished.ended.status {
                Status::Exited(code) => End::Exited(code),
                Status::Signalled(number) => End::Signalled(number),
            },
            (None, None, None) => End::Killed,
        };
        let over = self.ended.as_ref().map_or(now, |finished| finished.at);
        let outcome = ExecOutcome {
            end,
            stdout: self.stdout.capture.finish(),
            stderr: self.stderr.map_or_else(Output::default, |stream| stream.capture.finish()),
            wall: over.saturating_duration_since(self.began),
            cpu: self.ended.map_or(Duration::ZERO, |finished| finished.ended.cpu),
            oom_kills: after.oom_kills.saturating_sub(self.before.oom_kills),
            pids_refused: after.pids_refused.saturating_sub(self.before.pids_refused),
            survivors,
            output_held: !held.is_empty(),
        };
        (Reply::Exec(Box::new(outcome)), held)
    }

    /// What the child wrote if it could not become the program.
    fn not_started(&self) -> Option<End> {
        let mut status = [0; sys::STATUS_LEN];
        let read = rustix::io::read(&self.status, &mut status).ok()?;
        let [step, errno @ ..] = status;
        let steps = [StartStep::Pipe, StartStep::Privileges, StartStep::Cwd, StartStep::Program];
        let step =
            steps.into_iter().find(|&known| known as u8 == step).filter(|_| read == sys::STATUS_LEN)?;
        let subject = match step {
            StartStep::Cwd => self.cwd.clone(),
            StartStep::Program => self.program.clone(),
            _ => String::new(),
        };
        Some(End::NotStarted { step, errno: i32::from_le_bytes(errno), subject })
    }

    fn streams(&mut self) -> impl Iterator<Item = &mut Stream> {
        [Some(&mut self.stdout), self.stderr.as_mut()].into_iter().flatten()
    }
}

/// The outcome of a program that never had a process.
pub(crate) fn not_started(error: StartError) -> Reply {
    Reply::Exec(Box::new(ExecOutcome {
        end: End::NotStarted { step: error.step, errno: error.errno, subject: error.subject },
        stdout: Output::default(),
        stderr: Output::default(),
        wall: Duration::ZERO,
        cpu: Duration::ZERO,
        oom_kills: 0,
        pids_refused: 0,
        survivors: 0,
        output_held: false,
    }))
}
