//! What an agent changed outside the collected trees: it is not graded in a fresh container, and a reader wants to know.

use std::{fmt::Write, path::Path};

use sandbox::{Change, Changes, Sandbox};

use crate::container::{site::Site, workspace};

/// Paths listed: more say no more.
const MOST: usize = 2000;

/// What differs from the image outside the collected trees.
pub(crate) enum Outside {
    Known(Changes),
    /// Why it could not be had, which does not change the verdict.
    Unknown(String),
}

impl Outside {
    /// Looks. What is asked for must be there before tests are put in.
    pub(crate) async fn of(site: &Site<'_>, sandbox: &dyn Sandbox) -> Self {
        match sandbox.changes().await {
            Ok(changes) => Self::Known(outside(changes, &workspace::roots(site))),
            Err(error) => Self::Unknown(error.to_string()),
        }
    }

    /// What is known; nothing where nothing is.
    pub(crate) fn changes(&self) -> &[Change] {
        match self {
            Self::Known(changes) => &changes.listed,
            Self::Unknown(_) => &[],
        }
    }

    /// A path a line, behind `+` (added), `~` (changed) or `-` (deleted); empty where nothing differs. A list that was
    /// cut short ends by saying so.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Known(changes) => list(changes),
            Self::Unknown(why) => format!("not known: {why}\n"),
        }
    }
}

fn outside(mut changes: Changes, roots: &[String]) -> Changes {
    changes.listed.retain(|change| {
        let path = Path::new(&change.path);
        // A root itself and the folders above it are there for the root's sake.
        !roots.iter().any(|root| path.starts_with(root) || Path::new(root).starts_with(path))
    });
    changes
}

fn list(changes: &Changes) -> String {
    let mut found = changes.listed.iter();
    let mut out = String::new();
    for change in found.by_ref().take(MOST) {
        // A name may hold a line break.
        let _ = writeln!(out, "{}{}", change.kind.sign(), change.path.escape_debug());
    }
    match (found.count(), changes.complete) {
        (0, true) => {}
        (more, true) => drop(writeln!(out, "and {more} more")),
        (more, false) => drop(writeln!(out, "and more than {more} more")),
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use sandbox::ChangeKind;

    use super::*;

    /// A change, of its sign and its path.
    pub(in crate::grading) fn change(line: &str) -> Change {
        let kind = match &line[..1] {
            "~" => ChangeKind::Changed,
            "+" => ChangeKind::Added,
            _ => ChangeKind::Deleted,
        };
        Change { path: line[1..].into(), kind }
    }

    fn changes(listed: &str, complete: bool) -> Changes {
        Changes { listed: listed.split(' ').map(change).collect(), complete }
    }

    #[test]
    fn only_what_lies_outside_is_told() {
        let all = "~/app +/app/x +/logs ~/etc/passwd +/opt -/usr/bin/gcc +/application +/var/a\nb";
        assert_eq!(
            list(&outside(changes(all, true), &["/app".into(), "/logs/artifacts".into()])),
            "~/etc/passwd\n+/opt\n-/usr/bin/gcc\n+/application\n+/var/a\\nb\n"
        );
        assert_eq!(list(&outside(changes("~/app +/app/x", true), &["/app".into()])), "");
    }

    #[test]
    fn a_list_that_is_cut_short_says_so() {
        let many: Vec<String> = (0..MOST + 3).map(|number| format!("+/x/{number}")).collect();
        let told = list(&changes(&many.join(" "), true));
        assert!(told.ends_with("+/x/1999\nand 3 more\n"), "{told}");
        assert_eq!(list(&changes("+/x", false)), "+/x\nand more than 0 more\n");
    }
}
