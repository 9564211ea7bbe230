//! The processes of the container, read from `/proc`, and which of them belong to an exec. Reading and killing
//! fork nothing: they work when the limit on processes is reached.

use std::collections::HashMap;

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) session: i32,
    /// Clock ticks since boot.
    pub(crate) started: u64,
    pub(crate) state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    Stopped,
    Dead,
}

/// The main process of an exec.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Root {
    pub(crate) pid: i32,
    pub(crate) started: u64,
}

/// Every process that can be seen, the dead left out.
pub(crate) fn living() -> Vec<Process> {
    let Ok(directory) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    directory
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(read)
        .filter(|process| process.state != State::Dead)
        .collect()
}

pub(crate) fn read(pid: i32) -> Option<Process> {
    parse(&std::fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// Whether a process was started with a path below `place` among its arguments. Which file it runs would say more, and
/// may be read only by those who may trace it.
pub(crate) fn uses(pid: i32, place: &[u8]) -> bool {
    let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let below = |argument: &[u8]| argument.strip_prefix(place).is_some_and(|rest| rest.starts_with(b"/"));
    arguments.split(|&byte| byte == 0).any(below)
}

/// The line of proc(5) `/proc/pid/stat`. The name, in parentheses, may itself hold parentheses and spaces.
fn parse(line: &[u8]) -> Option<Process> {
    let name_end = line.iter().rposition(|&byte| byte == b')')?;
    let pid = str::from_utf8(line.split(|&byte| byte == b' ').next()?).ok()?.parse().ok()?;
    let fields: Vec<&str> =
        str::from_utf8(line.get(name_end + 1..)?).ok()?.split_ascii_whitespace().collect();
    // Fields are numbered from 1 in the manual, and the third is the first after the name.
    let field = |number: usize| fields.get(number - 3).copied();
    let threads: u64 = field(20)?.parse().ok()?;
    let state = match field(3)? {
        // A leader that ended before its other threads shows as a zombie, and is none.
        "Z" if threads > 1 => State::Running,
        "Z" | "X" | "x" => State::Dead,
        "T" | "t" => State::Stopped,
        _ => State::Running,
    };
    Some(Process {
        pid,
        parent: field(4)?.parse().ok()?,
        session: field(6)?.parse().ok()?,
        started: field(22)?.parse().ok()?,
        state,
    })
}

/// What lies between a process and the guest.
enum Line {
    /// One of the given processes is the process itself or an ancestor, the nearest such.
    Through(i32),
    /// None is; this is the ancestor (or the process itself) whose parent is the guest.
    Orphan(Process),
    /// The guest is no ancestor at all.
    Foreign,
}

fn line(process: Process, by_pid: &HashMap<i32, Process>, guest: i32, marks: &[i32]) -> Line {
    let mut current = process;
    // A scan is no instant: bounded in case pids were reused into a circle.
    for _ in 0..=by_pid.len() {
        if marks.contains(&current.pid) {
            return Line::Through(current.pid);
        }
        if current.parent == guest {
            return Line::Orphan(current);
        }
        match by_pid.get(&current.parent) {
            Some(parent) => current = *parent,
            None => return Line::Foreign,
        }
    }
    Line::Foreign
}

fn index(processes: &[Process]) -> HashMap<i32, Process> {
    processes.iter().map(|process| (process.pid, *process)).collect()
}

/// What the guest started, directly or not, without the guest.
pub(crate) fn descendants(processes: &[Process], guest: i32) -> Vec<Process> {
    let by_pid = index(processes);
    let inside = |process: &&Process| {
        process.pid != guest && !matches!(line(**process, &by_pid, guest, &[]), Line::Foreign)
    };
    processes.iter().filter(inside).copied().collect()
}

/// What belongs to the exec `root`: its descendants, its session, and orphans that are younger than it and do not
/// belong to another exec that is still alive. (An orphan's parents are gone, so that nothing else tells where it
/// came from.)
pub(crate) fn tree(processes: &[Process], guest: i32, root: Root, others: &[i32]) -> Vec<Process> {
    let by_pid = index(processes);
    let marks: Vec<i32> = others.iter().copied().chain([root.pid]).collect();
    let mine = |process: &&Process| match line(**process, &by_pid, guest, &marks) {
        Line::Through(pid) => pid == root.pid,
        Line::Orphan(top) if process.pid != guest => {
            process.session == root.pid
                || (top.started >= root.started
                    && !others.contains(&process.session)
                    && !others.contains(&top.session))
        }
        Line::Orphan(_) | Line::Foreign => false,
    };
    processes.iter().filter(mine).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32, session: i32, started: u64) -> Process {
        Process { pid, parent, session, started, state: State::Running }
    }

    #[test]
    fn a_tree_is_its_descendants_its_session_and_the_orphans_of_its_time() {
        let guest = 1;
        let processes = [
            process(1, 0, 1, 0),
            process(5, 1, 5, 10),   // a daemon from before
            process(6, 5, 5, 60),   // its new worker: not ours
            process(10, 1, 10, 20), // another exec
            process(11, 10, 10, 55),
            process(12, 1, 10, 56),  // the other's orphan, still in its session
            process(20, 1, 20, 50),  // the exec
            process(21, 20, 20, 51), // its child
            process(22, 1, 22, 52),  // a daemon of the exec
            process(23, 22, 22, 53), // and the daemon's child
            process(24, 1, 20, 54),  // an orphan in the exec's session
            process(30, 0, 30, 58),  // put in from outside
        ];
        let pids = |found: Vec<Process>| found.iter().map(|process| process.pid).collect::<Vec<_>>();
        let root = Root { pid: 20, started: 50 };
        assert_eq!(pids(tree(&processes, guest, root, &[10])), [20, 21, 22, 23, 24]);
        assert_eq!(pids(descendants(&processes, guest)), [5, 6, 10, 11, 12, 20, 21, 22, 23, 24]);
    }

    #[test]
    fn names_with_parentheses_do_not_confuse_the_parser() {
        let line = b"42 (a) Z 1 (x) S 7 42 40 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 1\n";
        assert_eq!(parse(line), Some(process(42, 7, 40, 12345)));
        let dead = b"42 (x) Z 7 42 40 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 0 0 12345 1 1\n";
        assert_eq!(parse(dead).map(|process| process.state), Some(State::Dead));
        let leaderless = b"42 (x) Z 7 42 40 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 3 0 12345 1 1\n";
        assert_eq!(parse(leaderless).map(|process| process.state), Some(State::Running));
        for cut in 0..30 {
            assert_eq!(parse(&line[..cut]), None);
        }
    }

    #[test]
    fn this_process_is_alive() {
        let pid = std::process::id() as i32;
        assert!(living().iter().any(|process| process.pid == pid));
    }
}
