//! One exec, from its request to its outcome.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use wire::{
    CreditError, End, ExecOutcome, ExecRequest, Kind, Output, Reply, SendWindow, StartStep, Stderr, User,
    Window,
};

use crate::capture::Capture;
use crate::cgroup::{self, Hits};
use crate::outbox::Outbox;
use crate::processes::{self, Root};
use crate::sys::{self, Ended, Identity, Program, Status};
use crate::users::{self, StartError};

/// How long a killed tree may take to disappear.
pub(crate) const KILL_PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait before looking again whether a killed tree is gone.
pub(crate) const KILL_PAUSE: Duration = Duration::from_millis(2);

/// How long after the main process another holder of its pipes may still write.
const DRAIN_GRACE: Duration = Duration::from_millis(50);

/// How long output that was already written may wait for a slow reader of a live stream.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);

const PATH: &[u8] = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

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

/// Standard input still to be written.
#[derive(Debug)]
struct Feed {
    pipe: OwnedFd,
    bytes: Vec<u8>,
    written: usize,
}

/// One output stream.
#[derive(Debug)]
struct Stream {
    kind: Kind,
    pipe: Option<OwnedFd>,
    readable: bool,
    capture: Capture,
    /// Bytes that were in the pipe when the main process ended, and are not read yet.
    owed: u64,
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
    /// Starts the program.
    pub(crate) fn start(
        channel: u32,
        request: ExecRequest,
        open_files: Option<(u64, u64)>,
        now: Instant,
    ) -> Result<Exec, StartError> {
        let before = cgroup::hits();
        let plan = Plan::new(&request)?;
        let null = || {
            File::open("/dev/null").map(OwnedFd::from).map_err(|error| {
                StartError::new(StartStep::Pipe, error.raw_os_error().unwrap_or(0), "/dev/null")
            })
        };
        let (child_stdin, feed) = match request.stdin {
            None => (null()?, None),
            Some(bytes) => {
                let (reader, pipe) = pipe()?;
                nonblocking(&pipe)?;
                (reader, Some(Feed { pipe, bytes: bytes.into_vec(), written: 0 }))
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
                child_stdin.as_fd(),
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
    pub(crate) fn advance(&mut self, now: Instant, guest: i32, others: &[i32]) {
        let root = self.root;
        if let Some(kill) = self.kill.as_mut().filter(|kill| kill.survivors.is_none()) {
            let tree = processes::tree(&processes::living(), guest, root, others);
            // Stopped first, so that nobody forks into the room that the others leave.
            for number in [libc::SIGSTOP, libc::SIGKILL] {
                tree.iter().for_each(|process| sys::signal(process.pid, number));
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
        let Some(feed) = &mut self.feed else { return };
        match rustix::io::write(&feed.pipe, &feed.bytes[feed.written..]) {
            Ok(bytes) => feed.written += bytes,
            Err(Errno::AGAIN | Errno::INTR) => return,
            // The program closed its standard input: its right.
            Err(_) => feed.written = feed.bytes.len(),
        }
        if feed.written == feed.bytes.len() {
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

impl Stream {
    /// The guest's side and the child's.
    fn new(kind: Kind, keep: wire::Keep) -> Result<(Stream, OwnedFd), StartError> {
        let (reader, writer) = pipe()?;
        nonblocking(&reader)?;
        Ok((
            Stream { kind, pipe: Some(reader), readable: false, capture: Capture::new(keep), owed: 0 },
            writer,
        ))
    }

    fn pump(
        &mut self,
        channel: u32,
        mut live: Option<&mut SendWindow>,
        out: &mut Outbox,
        scratch: &mut [u8],
    ) {
        // Bounded, so that one loud program does not keep the guest from the rest.
        for turn in 0..4 {
            let Some(pipe) = self.pipe.as_ref().filter(|_| self.readable) else { return };
            let most = match &live {
                Some(_) if turn > 0 && !out.has_room() => 0,
                Some(window) => window.available().min(scratch.len()),
                None => scratch.len(),
            };
            if most == 0 {
                return;
            }
            match rustix::io::read(pipe, &mut scratch[..most]) {
                Ok(0) => {
                    self.pipe = None;
                    self.owed = 0;
                }
                Ok(bytes) => {
                    self.capture.push(&scratch[..bytes]);
                    self.owed = self.owed.saturating_sub(bytes as u64);
                    if let Some(window) = live.as_deref_mut() {
                        window.spend(bytes);
                        out.frame(channel, self.kind, &scratch[..bytes]);
                    }
                }
                Err(Errno::INTR) => {}
                Err(_) => {
                    self.readable = false;
                    self.owed = 0;
                }
            }
        }
    }
}

/// The request, checked and turned into what the system wants.
struct Plan {
    candidates: Vec<CString>,
    argv: Vec<CString>,
    env: Vec<CString>,
    cwd: CString,
    identity: Option<Identity>,
}

impl Plan {
    fn new(request: &ExecRequest) -> Result<Plan, StartError> {
        let name = request.argv.first().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| StartError::new(StartStep::Request, 0, "no program is named"))?;
        let record = match &request.user {
            User::Guest => None,
            User::Named(written) => Some(users::find(written)?),
        };
        let find =
            |key: &[u8]| request.env.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_slice());
        let mut env = request
            .env
            .iter()
            .map(|(name, value)| string([name.as_slice(), b"=", value].concat()))
            .collect::<Result<Vec<_>, _>>()?;
        if find(b"HOME").is_none() {
            let own = std::env::var_os("HOME");
            let home = record
                .as_ref()
                .map(|record| record.home.as_slice())
                .or(own.as_ref().map(|home| home.as_bytes()));
            env.push(string([b"HOME=", home.unwrap_or(b"/")].concat())?);
        }
        let argv = request.argv.iter().cloned().map(string).collect::<Result<_, _>>()?;
        let candidates = if name.contains(&b'/') {
            vec![string(name.clone())?]
        } else {
            let path = find(b"PATH").unwrap_or(PATH);
            let join =
                |folder: &[u8]| if folder.is_empty() { name.clone() } else { [folder, b"/", name].concat() };
            path.split(|&byte| byte == b':').map(|folder| string(join(folder))).collect::<Result<_, _>>()?
        };
        Ok(Plan {
            candidates,
            argv,
            env,
            cwd: string(request.cwd.clone())?,
            identity: record.map(|record| Identity {
                uid: record.uid,
                gid: record.gid,
                groups: record.groups,
            }),
        })
    }
}

fn string(bytes: Vec<u8>) -> Result<CString, StartError> {
    CString::new(bytes).map_err(|error| {
        StartError::new(StartStep::Request, 0, format!("a zero byte in `{}`", lossy(&error.into_vec())))
    })
}

fn pipe() -> Result<(OwnedFd, OwnedFd), StartError> {
    pipe_with(PipeFlags::CLOEXEC)
        .map_err(|errno| StartError::new(StartStep::Pipe, errno.raw_os_error(), "pipe"))
}

fn nonblocking(pipe: &OwnedFd) -> Result<(), StartError> {
    rustix::io::ioctl_fionbio(pipe, true)
        .map_err(|errno| StartError::new(StartStep::Pipe, errno.raw_os_error(), "pipe"))
}

/// For messages only.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned()
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
