//! The few system calls that have no safe wrapper. The guest has one thread, so that a forked child may do anything.
#![expect(unsafe_code, reason = "fork, exec, wait4, signalfd and capset have no safe wrapper")]

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use wire::{Capabilities, Privileges, StartStep};

/// Everything a child needs to become the program; made before the fork.
#[derive(Debug)]
pub(crate) struct Program<'fd> {
    /// Tried in this order, as execvp(3) does.
    pub(crate) candidates: Vec<CString>,
    pub(crate) argv: Vec<CString>,
    pub(crate) env: Vec<CString>,
    pub(crate) cwd: CString,
    pub(crate) identity: Option<Identity>,
    pub(crate) privileges: Privileges,
    pub(crate) stdio: [BorrowedFd<'fd>; 3],
    /// Where the child writes why it could not start; closed by a successful exec.
    pub(crate) status: BorrowedFd<'fd>,
    /// The limit on open files that the guest found when it began.
    pub(crate) open_files: Option<(u64, u64)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
}

/// Length of what the child writes to `status`: step (1), errno (4).
pub(crate) const STATUS_LEN: usize = 5;

/// Forks a child that becomes `program`. No signal is lost on it, however early: what arrives before it is ready for
/// signals waits until it is, even one that this process was told to ignore.
pub(crate) fn spawn(program: &Program) -> io::Result<i32> {
    let argv = pointers(&program.argv);
    let env = pointers(&program.env);
    // SAFETY: signal sets that live through the calls; the guest has one thread, so that the child's memory is
    // consistent.
    let forked = unsafe {
        let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const all, &raw mut before);
        let forked = libc::fork();
        if forked != 0 {
            libc::sigprocmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
        }
        forked
    };
    match forked {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            let (step, errno) = become_program(program, &argv, &env);
            let mut status = [0; STATUS_LEN];
            status[0] = step as u8;
            status[1..].copy_from_slice(&errno.to_le_bytes());
            let _ = rustix::io::write(program.status, &status);
            // SAFETY: ends the child at once, without the guest's exit handlers.
            unsafe { libc::_exit(127) }
        }
        pid => Ok(pid),
    }
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([std::ptr::null()]).collect()
}

/// Returns only if something failed.
fn become_program(
    program: &Program,
    argv: &[*const libc::c_char],
    env: &[*const libc::c_char],
) -> (StartStep, i32) {
    if let Err(errno) = prepare_process(program) {
        return (StartStep::Pipe, errno);
    }
    if let Err(errno) = drop_privileges(program) {
        return (StartStep::Privileges, errno);
    }
    // SAFETY: a string that ends in zero.
    if let Err(errno) = check(unsafe { libc::chdir(program.cwd.as_ptr()) }) {
        return (StartStep::Cwd, errno);
    }
    if program.privileges.no_new_privileges {
        // SAFETY: takes numbers only.
        if let Err(errno) = check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }) {
            return (StartStep::Privileges, errno);
        }
    }
    let mut worst = libc::ENOENT;
    for candidate in &program.candidates {
        // SAFETY: strings that end in zero, and arrays of such that end in null.
        unsafe { libc::execve(candidate.as_ptr(), argv.as_ptr(), env.as_ptr()) };
        match errno() {
            libc::ENOENT | libc::ENOTDIR => {}
            libc::EACCES => worst = libc::EACCES,
            other => return (StartStep::Program, other),
        }
    }
    (StartStep::Program, worst)
}

fn prepare_process(program: &Program) -> Result<(), i32> {
    // SAFETY: numbers, and a signal set that lives through the calls.
    unsafe {
        check(libc::setsid())?;
        // What is ignored stays so through exec, and Rust ignores SIGPIPE. The two that cannot be set stay as they are.
        for number in 1..32 {
            libc::signal(number, libc::SIG_DFL);
        }
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        check(libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut()))?;
        libc::umask(0o022);
        for (number, file) in (0..).zip(&program.stdio) {
            check(libc::dup2(file.as_raw_fd(), number))?;
        }
        if let Some((soft, hard)) = program.open_files {
            let limit = libc::rlimit { rlim_cur: soft, rlim_max: hard };
            check(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit))?;
        }
    }
    // The guest may be protected from the memory killer; what it starts must not be.
    if std::fs::read("/proc/self/oom_score_adj").is_ok_and(|score| score.starts_with(b"-")) {
        let _ = std::fs::write("/proc/self/oom_score_adj", "0");
    }
    Ok(())
}

fn drop_privileges(program: &Program) -> Result<(), i32> {
    let Privileges { bounding, no_new_privileges } = program.privileges;
    if let Some(keep) = bounding {
        drop_bounding(keep, no_new_privileges)?;
    }
    if let Some(Identity { uid, gid, groups }) = &program.identity {
        // SAFETY: the pointer and the length are those of one slice.
        unsafe {
            check(libc::setgroups(groups.len(), groups.as_ptr()))?;
            check(libc::setresgid(*gid, *gid, *gid))?;
            check(libc::setresuid(*uid, *uid, *uid))?;
        }
    }
    // SAFETY: takes numbers only. Kernels without ambient capabilities have none to clear.
    unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) };
    let keep = bounding.unwrap_or(Capabilities(u64::MAX));
    let [effective, permitted, _] = capabilities()?;
    set_capabilities([effective & keep.0, permitted & keep.0, 0])
}

/// Drops from the bounding set what is not in `keep`. Without SETPCAP that is refused; under no-new-privileges it is
/// not needed, as exec cannot then give root what its permitted set lacks.
fn drop_bounding(keep: Capabilities, no_new_privileges: bool) -> Result<(), i32> {
    for number in 0..64u32 {
        // SAFETY: takes numbers only; -1 for numbers the kernel does not know.
        let held = unsafe { libc::prctl(libc::PR_CAPBSET_READ, libc::c_ulong::from(number), 0, 0, 0) } == 1;
        if held && !keep.contains(number) {
            // SAFETY: takes numbers only.
            let dropped =
                check(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(number), 0, 0, 0) });
            match dropped {
                Err(libc::EPERM) if no_new_privileges => return Ok(()),
                other => other?,
            }
        }
    }
    Ok(())
}

#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Default, Clone, Copy)]
struct CapabilityWords {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// `_LINUX_CAPABILITY_VERSION_3`: 64 bits in two halves.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// Effective, permitted and inheritable set.
fn capabilities() -> Result<[u64; 3], i32> {
    let mut header = CapabilityHeader { version: CAPABILITY_VERSION, pid: 0 };
    let mut words = [CapabilityWords::default(); 2];
    // SAFETY: the kernel's structures for version 3, both alive through the call.
    check(unsafe { libc::syscall(libc::SYS_capget, &raw mut header, words.as_mut_ptr()) } as i32)?;
    let [low, high] = words;
    let join = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    Ok([
        join(low.effective, high.effective),
        join(low.permitted, high.permitted),
        join(low.inheritable, high.inheritable),
    ])
}

fn set_capabilities([effective, permitted, inheritable]: [u64; 3]) -> Result<(), i32> {
    let mut header = CapabilityHeader { version: CAPABILITY_VERSION, pid: 0 };
    let half = |shift: u32| CapabilityWords {
        effective: (effective >> shift) as u32,
        permitted: (permitted >> shift) as u32,
        inheritable: (inheritable >> shift) as u32,
    };
    let words = [half(0), half(32)];
    // SAFETY: as in `capabilities`.
    check(unsafe { libc::syscall(libc::SYS_capset, &raw mut header, words.as_ptr()) } as i32)
}

/// How a child ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub(crate) pid: i32,
    pub(crate) status: Status,
    pub(crate) cpu: Duration,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Status {
    Exited(i32),
    Signalled(i32),
}

/// Reaps one dead child, if there is one.
pub(crate) fn reap() -> Option<Ended> {
    loop {
        let mut status = 0;
        // SAFETY: all zero is a valid `rusage`, and both pointers live through the call.
        let (pid, usage) = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            (libc::wait4(-1, &raw mut status, libc::WNOHANG, &raw mut usage), usage)
        };
        if pid <= 0 {
            return None;
        }
        let status = if libc::WIFEXITED(status) {
            Status::Exited(libc::WEXITSTATUS(status))
        } else if libc::WIFSIGNALED(status) {
            Status::Signalled(libc::WTERMSIG(status))
        } else {
            continue;
        };
        let time = |time: libc::timeval| {
            Duration::from_secs(time.tv_sec.unsigned_abs())
                + Duration::from_micros(time.tv_usec.unsigned_abs())
        };
        return Some(Ended { pid, status, cpu: time(usage.ru_utime) + time(usage.ru_stime) });
    }
}

/// The saved user id of the guest, which no program that it starts keeps. Within the ids of a mapped container.
const SAVED_UID: libc::uid_t = 65_533;

/// Keeps other processes of root's from setting this one's resource limits: prlimit(2) wants all three user ids to be
/// the asker's own, and three that differ are nobody's. A limit on CPU time would kill PID 1, and one on open files or
/// memory would end it. Without the privilege nothing changes, and the limits of a process are its user's own to set.
pub(crate) fn stand_apart() {
    // SAFETY: takes numbers only; the largest leaves an id as it is.
    unsafe { libc::setresuid(libc::uid_t::MAX, libc::uid_t::MAX, SAVED_UID) };
}

/// Whether a child could open the stream of frames, as any program of the container could then. Linux refuses where
/// a process is not dumpable; not every runtime does that keeps a kernel of its own.
pub(crate) fn child_reaches_streams() -> bool {
    let path = format!("/proc/{}/fd/1", std::process::id());
    let Ok(path) = CString::new(path) else { return false };
    // SAFETY: one thread; the child makes two calls and ends without the guest's exit handlers.
    unsafe {
        match libc::fork() {
            0 => {
                let opened = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_NONBLOCK | libc::O_CLOEXEC);
                libc::_exit(i32::from(opened < 0))
            }
            -1 => false,
            pid => {
                let mut status = 0;
                libc::waitpid(pid, &raw mut status, 0) == pid
                    && libc::WIFEXITED(status)
                    && libc::WEXITSTATUS(status) == 0
            }
        }
    }
}

/// Makes sure that no child inherits a descriptor above standard error that this process was given. Kernels before
/// 5.11 cannot, and then nothing is lost: an engine gives none.
pub(crate) fn keep_descriptors() {
    // SAFETY: takes numbers only.
    unsafe { libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

/// A descriptor that becomes readable when a child ends.
pub(crate) fn child_signals() -> io::Result<OwnedFd> {
    // SAFETY: a signal set that lives through the calls; the new descriptor is nobody else's.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        if libc::sigprocmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
        match libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) {
            -1 => Err(io::Error::last_os_error()),
            descriptor => Ok(OwnedFd::from_raw_fd(descriptor)),
        }
    }
}

/// Sends a signal to a process; one that is gone is no error.
pub(crate) fn signal(pid: i32, number: i32) {
    // Never a group or everybody by accident: 0 and below mean those.
    if pid > 1 {
        // SAFETY: takes numbers only.
        unsafe { libc::kill(pid, number) };
    }
}

/// Sends a signal to the process group that `leader` leads, or is about to: a child leads none until it has run a
/// little, and is then alone.
pub(crate) fn signal_group(leader: i32, number: i32) {
    if leader > 1 {
        // SAFETY: takes numbers only.
        unsafe {
            if libc::kill(-leader, number) == -1 {
                libc::kill(leader, number);
            }
        }
    }
}

/// Sends a signal to every process of the container but this one, in one step that no fork slips through. Does
/// nothing unless this process is PID 1 of its own namespace.
pub(crate) fn signal_all(number: i32) {
    if std::process::id() == 1 {
        // SAFETY: takes numbers only.
        unsafe { libc::kill(-1, number) };
    }
}

/// Brings the loopback interface up. An engine has mostly done it; a refusal shows when listening fails.
pub(crate) fn loopback_up() {
    // SAFETY: a request structure of the kernel's layout, alive through the calls; the socket is closed by its owner.
    unsafe {
        let descriptor = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        if descriptor < 0 {
            return;
        }
        let socket = OwnedFd::from_raw_fd(descriptor);
        let mut request: libc::ifreq = std::mem::zeroed();
        let name: &CStr = c"lo";
        for (slot, byte) in request.ifr_name.iter_mut().zip(name.to_bytes()) {
            *slot = *byte as libc::c_char;
        }
        if libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFFLAGS, &raw mut request) == 0 {
            request.ifr_ifru.ifru_flags |= libc::IFF_UP as libc::c_short;
            libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw mut request);
        }
    }
}

fn check(returned: i32) -> Result<(), i32> {
    if returned == -1 { Err(errno()) } else { Ok(()) }
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(0)
}
