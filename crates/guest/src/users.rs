//! Users and groups as the container's own files have them.

use std::io::Read;

use rustix::fs::{FileType, Mode, OFlags, fstat, open};
use wire::{StartStep, UserRecord};

/// The container writes these files: never read more of one than this.
const LONGEST_FILE: u64 = 4 * 1024 * 1024;

/// Why a start failed, before it had a process.
#[derive(Debug)]
pub(crate) struct StartError {
    pub(crate) step: StartStep,
    pub(crate) errno: i32,
    pub(crate) subject: String,
}

impl StartError {
    pub(crate) fn new(step: StartStep, errno: i32, subject: impl Into<String>) -> StartError {
        StartError { step, errno, subject: subject.into() }
    }
}

/// Looks up `name`, `uid`, `name:group`, `uid:gid` in `/etc/passwd` and `/etc/group`.
pub(crate) fn find(written: &str) -> Result<UserRecord, StartError> {
    find_in(written, &read("/etc/passwd"), &read("/etc/group"))
}

fn read(path: &str) -> Vec<u8> {
    let mut text = Vec::new();
    // Not waited for: the container may have put a pipe in its place.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let is_file = |file: &_| {
        fstat(file).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile)
    };
    if let Some(file) = open(path, flags, Mode::empty()).ok().filter(is_file) {
        // A file that cannot be read is as one that is missing: images without users are common.
        let _ = std::fs::File::from(file).take(LONGEST_FILE).read_to_end(&mut text);
    }
    text
}

fn find_in(written: &str, passwd: &[u8], group: &[u8]) -> Result<UserRecord, StartError> {
    let unknown = |what: &str, name: &str| StartError::new(StartStep::User, 0, format!("{what} `{name}`"));
    let (user, group_written) = match written.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (written, None),
    };
    let record = records(passwd).find(|fields| {
        field(fields, 0) == Some(user.as_bytes())
            || (number(fields, 2).is_some() && number(fields, 2) == user.parse().ok())
    });
    let uid = match &record {
        Some(fields) => number(fields, 2),
        None => user.parse().ok(),
    };
    let uid = uid.ok_or_else(|| unknown("user", user))?;
    let named_gid = group_written.filter(|name| !name.is_empty()).map(|name| {
        let record = records(group).find(|fields| field(fields, 0) == Some(name.as_bytes()));
        record
            .and_then(|fields| number(&fields, 2))
            .or_else(|| name.parse().ok())
            .ok_or_else(|| unknown("group", name))
    });
    let gid = match named_gid {
        Some(gid) => gid?,
        None => record.as_ref().and_then(|fields| number(fields, 3)).unwrap_or(0),
    };
    let login = record.as_ref().and_then(|fields| field(fields, 0)).unwrap_or_default();
    // As the engine does: a group written out replaces the memberships.
    let mut groups: Vec<u32> = match group_written {
        Some(_) => vec![gid],
        None => records(group)
            .filter(|fields| is_member(fields, login))
            .filter_map(|f| number(&f, 2))
            .chain([gid])
            .collect(),
    };
    groups.sort_unstable();
    groups.dedup();
    let home = record.as_ref().and_then(|fields| field(fields, 5)).filter(|home| !home.is_empty());
    Ok(UserRecord { uid, gid, groups, home: home.unwrap_or(b"/").to_vec() })
}

fn records(text: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    text.split(|&byte| byte == b'\n').map(|line| line.split(|&byte| byte == b':').collect())
}

fn field<'a>(fields: &[&'a [u8]], index: usize) -> Option<&'a [u8]> {
    fields.get(index).copied()
}

fn number(fields: &[&[u8]], index: usize) -> Option<u32> {
    str::from_utf8(field(fields, index)?).ok()?.parse().ok()
}

fn is_member(fields: &[&[u8]], login: &[u8]) -> bool {
    let members = field(fields, 3).unwrap_or_default();
    !login.is_empty() && members.split(|&byte| byte == b',').any(|member| member == login)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] =
        b"root:x:0:0:root:/root:/bin/bash\nagent:x:1000:1001::/home/agent:/bin/sh\nbroken\n";
    const GROUP: &[u8] = b"root:x:0:\nagent:x:1001:\ndocker:x:999:other,agent\nnobody:x:\n";

    fn ids(written: &str) -> Option<(u32, u32, Vec<u32>, String)> {
        let record = find_in(written, PASSWD, GROUP).ok()?;
        Some((record.uid, record.gid, record.groups, String::from_utf8(record.home).unwrap()))
    }

    #[test]
    fn users_are_found_by_name_and_number() {
        let agent = Some((1000, 1001, vec![999, 1001], "/home/agent".to_owned()));
        assert_eq!(ids("agent"), agent);
        assert_eq!(ids("1000"), agent);
        assert_eq!(ids("agent:docker"), Some((1000, 999, vec![999], "/home/agent".into())));
        assert_eq!(ids("4242:7"), Some((4242, 7, vec![7], "/".into())));
        assert_eq!(ids("4242"), Some((4242, 0, vec![0], "/".into())));
    }

    #[test]
    fn unknown_names_are_errors() {
        for written in ["nobody", "agent:wheel", "", "-1", "broken"] {
            assert_eq!(ids(written), None, "{written}");
        }
    }
}
