//! The loop: waits for descriptors and time, hands frames to those they are for, lets everyone send in order of
//! weight: answers, connections, live output, files.

mod orders;
mod setup;

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use wire::{Assembler, Decoder, End, Frame, Kind, Reply};

use crate::collect::{Collect, Measure};
use crate::dns::Dns;
use crate::exec::{self, Exec, KILL_PAUSE, Port};
use crate::outbox::Outbox;
use crate::put::Put;
use crate::sweep::{Frozen, Sweep, kill_all};
use crate::sys;
use crate::tunnel::Tunnel;

/// Longest request: arguments, environment and standard input of a program.
const MAX_REQUEST: usize = 16 * 1024 * 1024;

/// Pipes that processes left behind still hold are emptied this often, and no more are kept than this.
const LEFTOVER_PAUSE: Duration = Duration::from_millis(10);
const MAX_LEFTOVERS: usize = 256;

/// Why the guest ends other than by its host's end.
#[derive(Debug)]
pub(crate) enum Fatal {
    /// A system call without which nothing works.
    System,
    /// The host sent what cannot be.
    Protocol,
}

impl From<Errno> for Fatal {
    fn from(_: Errno) -> Fatal {
        Fatal::System
    }
}

impl From<std::io::Error> for Fatal {
    fn from(_: std::io::Error) -> Fatal {
        Fatal::System
    }
}

/// Serves the host on standard input and output until the host is gone; then kills everything.
pub(crate) fn serve() -> Result<(), Fatal> {
    let mut server = Server::new()?;
    let result = server.run();
    let until = Instant::now() + exec::KILL_PATIENCE;
    while kill_all(server.guest) > 0 && Instant::now() < until {
        while sys::reap().is_some() {}
        std::thread::sleep(KILL_PAUSE);
    }
    result
}

struct Server {
    guest: i32,
    input: OwnedFd,
    output: OwnedFd,
    null: OwnedFd,
    children: OwnedFd,
    open_files: Option<(u64, u64)>,
    decoder: Decoder,
    assembler: Assembler,
    out: Outbox,
    scratch: Vec<u8>,
    execs: BTreeMap<u32, Exec>,
    leftovers: VecDeque<OwnedFd>,
    leftovers_due: Instant,
    tunnel: Tunnel,
    dns: Vec<Dns>,
    puts: BTreeMap<u32, Put>,
    collects: BTreeMap<u32, Collect>,
    measures: BTreeMap<u32, Measure>,
    sweeps: Vec<Sweep>,
    frozen: Option<Frozen>,
}

/// Whom a descriptor belongs to.
#[derive(Debug, Clone, Copy)]
enum Token {
    Input,
    Output,
    Children,
    Exec(u32, Port),
    Leftover(usize),
    Listener(u32),
    Connection(u32),
    Dns(usize),
}

impl Server {
    fn new() -> Result<Server, Fatal> {
        let setup::Streams { input, output, null } = setup::take_stdio()?;
        Ok(Server {
            guest: std::process::id() as i32,
            input,
            output,
            null,
            children: sys::child_signals()?,
            open_files: setup::raise_open_files(),
            decoder: Decoder::new(),
            assembler: Assembler::new(MAX_REQUEST),
            out: Outbox::new(),
            scratch: vec![0; wire::MAX_PAYLOAD],
            execs: BTreeMap::new(),
            leftovers: VecDeque::new(),
            leftovers_due: Instant::now(),
            tunnel: Tunnel::new(),
            dns: Vec::new(),
            puts: BTreeMap::new(),
            collects: BTreeMap::new(),
            measures: BTreeMap::new(),
            sweeps: Vec::new(),
            frozen: None,
        })
    }

    fn run(&mut self) -> Result<(), Fatal> {
        self.send()?;
        loop {
            let ready = self.wait()?;
            let now = Instant::now();
            for (token, flags) in ready {
                match token {
                    Token::Input => match self.receive(now)? {
                        Input::Open => {}
                        Input::Ended => return Ok(()),
                    },
                    Token::Output => {}
                    Token::Children => self.reap(now),
                    Token::Exec(channel, port) => self.exec_ready(channel, port),
                    Token::Leftover(index) => self.drain_leftover(index, now),
                    Token::Listener(channel) => self.tunnel.accept(channel, &mut self.out),
                    Token::Connection(channel) => self.tunnel.ready(channel, flags),
                    Token::Dns(index) => {
                        if let Some(dns) = self.dns.get_mut(index) {
                            dns.answer(&mut self.out);
                        }
                    }
                }
            }
            self.advance(now);
            self.pump();
            self.send()?;
        }
    }

    fn wait(&self) -> Result<Vec<(Token, PollFlags)>, Fatal> {
        let now = Instant::now();
        let interests = self.interests(now);
        let mut files: Vec<PollFd> =
            interests.iter().map(|(_, file, flags)| PollFd::from_borrowed_fd(*file, *flags)).collect();
        let timeout = self.wake(now).map(|time| {
            let left = time.saturating_duration_since(now);
            Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) }
        });
        match poll(&mut files, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let ready = interests.iter().zip(&files).map(|((token, ..), file)| (*token, file.revents()));
        Ok(ready.filter(|(_, flags)| !flags.is_empty()).collect())
    }

    fn interests(&self, now: Instant) -> Vec<(Token, BorrowedFd<'_>, PollFlags)> {
        let room = self.out.has_room();
        // The dead before orders: until they are reaped they count against the limit on processes.
        let mut interests = vec![
            (Token::Children, self.children.as_fd(), PollFlags::IN),
            (Token::Input, self.input.as_fd(), PollFlags::IN),
        ];
        if !self.out.pending().is_empty() {
            interests.push((Token::Output, self.output.as_fd(), PollFlags::OUT));
        }
        for (channel, exec) in &self.execs {
            interests.extend(exec.ports().map(|(port, file)| {
                let flags = if matches!(port, Port::Stdin) { PollFlags::OUT } else { PollFlags::IN };
                (Token::Exec(*channel, port), file, flags)
            }));
        }
        if self.leftovers_due <= now {
            let pipes = self.leftovers.iter().enumerate();
            interests
                .extend(pipes.map(|(index, pipe)| (Token::Leftover(index), pipe.as_fd(), PollFlags::IN)));
        }
        interests.extend(
            self.tunnel.connections().map(|(channel, file, flags)| (Token::Connection(channel), file, flags)),
        );
        if room {
            let listeners = self.tunnel.listeners();
            interests
                .extend(listeners.map(|(channel, file)| (Token::Listener(channel), file, PollFlags::IN)));
            let servers = self.dns.iter().enumerate();
            interests.extend(servers.map(|(index, dns)| (Token::Dns(index), dns.socket(), PollFlags::IN)));
        }
        interests
    }

    /// When to wake up though nothing happens; at once if there is work that waits for nothing.
    fn wake(&self, now: Instant) -> Option<Instant> {
        let room = self.out.has_room();
        let busy = self.tunnel.has_data(room)
            || self.execs.values().any(|exec| exec.has_output(room))
            || self.collects.values().any(|collect| room && collect.can_send())
            || !self.measures.is_empty();
        if busy {
            return Some(now);
        }
        let execs = self.execs.values().filter_map(|exec| exec.wake(now, self.frozen.is_some()));
        let sweep = (!self.sweeps.is_empty()).then(|| now + KILL_PAUSE);
        let leftovers =
            (!self.leftovers.is_empty() && self.leftovers_due > now).then_some(self.leftovers_due);
        execs.chain(sweep).chain(leftovers).min()
    }

    fn receive(&mut self, now: Instant) -> Result<Input, Fatal> {
        match rustix::io::read(&self.input, &mut self.scratch) {
            Ok(0) => return Ok(Input::Ended),
            Ok(bytes) => self.decoder.push(&self.scratch[..bytes]),
            Err(Errno::AGAIN | Errno::INTR) => return Ok(Input::Open),
            Err(errno) => return Err(errno.into()),
        }
        while let Some(frame) = self.decoder.next_frame().map_err(|_| Fatal::Protocol)? {
            self.take(&frame, now)?;
        }
        Ok(Input::Open)
    }

    fn take(&mut self, frame: &Frame, now: Instant) -> Result<(), Fatal> {
        let channel = frame.channel;
        match frame.kind {
            Kind::Part | Kind::Message => {
                let request = self.assembler.push(frame).map_err(|_| Fatal::Protocol)?;
                if let Some(request) = request {
                    self.obey(channel, request, now);
                }
                Ok(())
            }
            Kind::Credit if self.execs.contains_key(&channel) => {
                let exec = self.execs.get_mut(&channel);
                exec.map_or(Ok(()), |exec| exec.credit(&frame.payload)).map_err(|_| Fatal::Protocol)
            }
            Kind::Credit if self.collects.contains_key(&channel) => {
                let collect = self.collects.get_mut(&channel);
                collect.map_or(Ok(()), |collect| collect.credit(&frame.payload)).map_err(|_| Fatal::Protocol)
            }
            Kind::Entry | Kind::Data | Kind::End if self.puts.contains_key(&channel) => self.put(frame),
            Kind::Reset if channel.is_multiple_of(2) => {
                if let Some(exec) = self.execs.get_mut(&channel) {
                    exec.begin_kill(End::Killed, now);
                }
                self.tunnel.close(channel);
                self.puts.remove(&channel);
                self.collects.remove(&channel);
                self.measures.remove(&channel);
                Ok(())
            }
            _ => {
                let taken = self.tunnel.take(channel, frame.kind, &frame.payload);
                taken.map_err(|_| Fatal::Protocol)
            }
        }
    }

    fn reap(&mut self, now: Instant) {
        // The signals themselves say nothing: several deaths may show as one.
        while rustix::io::read(&self.children, &mut self.scratch).is_ok_and(|bytes| bytes > 0) {}
        while let Some(ended) = sys::reap() {
            let mut running = self.execs.values_mut().filter(|exec| exec.is_running());
            if let Some(exec) = running.find(|exec| exec.pid() == ended.pid) {
                exec.reaped(ended, now);
            }
        }
    }

    fn exec_ready(&mut self, channel: u32, port: Port) {
        if let Some(exec) = self.execs.get_mut(&channel) {
            match port {
                Port::Stdin => exec.feed(),
                Port::Stdout | Port::Stderr => exec.became_readable(port),
            }
        }
    }

    /// What processes left behind still write is dropped, but slowly: a busy writer must not keep the guest busy.
    fn drain_leftover(&mut self, index: usize, now: Instant) {
        self.leftovers_due = now + LEFTOVER_PAUSE;
        let Some(pipe) = self.leftovers.get(index) else { return };
        if rustix::io::read(pipe, &mut self.scratch).is_ok_and(|bytes| bytes == 0) {
            self.leftovers.remove(index);
        }
    }

    fn advance(&mut self, now: Instant) {
        let guest = self.guest;
        let running: Vec<i32> = self.execs.values().filter(|exec| exec.is_running()).map(Exec::pid).collect();
        for exec in self.execs.values_mut() {
            if self.frozen.is_none() {
                exec.check_deadline(now);
            }
            let others: Vec<i32> = running.iter().copied().filter(|&pid| pid != exec.pid()).collect();
            exec.advance(now, guest, &others, self.frozen.is_some());
        }
        let out = &mut self.out;
        self.sweeps.retain(|sweep| match sweep.advance(now, guest) {
            Some(reply) => {
                out.message(sweep.channel, &reply);
                false
            }
            None => true,
        });
    }

    /// Lets everyone send, the most urgent first. Each gets a turn whatever the others have, so that none starves.
    fn pump(&mut self) {
        let (out, scratch) = (&mut self.out, &mut self.scratch);
        self.tunnel.pump(out, scratch);
        self.execs.values_mut().for_each(|exec| exec.pump(out, scratch));
        self.finish_execs(Instant::now());
        let (out, scratch) = (&mut self.out, &mut self.scratch);
        self.collects.retain(|channel, collect| match collect.pump(out, scratch) {
            Some(reply) => {
                out.message(*channel, &reply);
                false
            }
            None => true,
        });
        self.measures.retain(|channel, measure| match measure.step() {
            Some(usage) => {
                out.message(*channel, &Reply::DiskUsage(usage));
                false
            }
            None => true,
        });
    }

    fn finish_execs(&mut self, now: Instant) {
        let over: Vec<u32> =
            self.execs.iter().filter(|(_, exec)| exec.is_over(now)).map(|(channel, _)| *channel).collect();
        for channel in over {
            let Some(exec) = self.execs.remove(&channel) else { continue };
            let (reply, held) = exec.finish(now);
            self.out.message(channel, &reply);
            self.leftovers.extend(held);
            let excess = self.leftovers.len().saturating_sub(MAX_LEFTOVERS);
            self.leftovers.drain(..excess);
        }
    }

    fn send(&mut self) -> Result<(), Fatal> {
        while !self.out.pending().is_empty() {
            match rustix::io::write(&self.output, self.out.pending()) {
                Ok(bytes) => self.out.sent(bytes),
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }
}

/// Whether the host is still there.
enum Input {
    Open,
    Ended,
}
