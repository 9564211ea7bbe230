//! What an agent changed outside the collected trees: it is not graded in a fresh container, and a reader wants to know.

use std::{collections::HashSet, fmt::Write, path::Path};

use sandbox::{Change, Changes, Sandbox};

use crate::container::{site::Site, workspace};

/// Paths listed: more say no more.
const MOST: usize = 2000;

/// What the engine and we put in place.
const OURS: [&str; 9] = [
    "/.overhang",
    "/.dockerenv",
    "/opt/overhang",
    "/dev",
    "/proc",
    "/sys",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/resolv.conf",
];

/// A path a line, behind `+` (added), `~` (changed) or `-` (deleted), for what differs from the image outside the
/// collected trees; empty where nothing does. A list that was cut short ends by saying so.
///
/// What is asked for must be there before tests are put in. That it could not be had is said in the list: it does not
/// change the verdict.
pub(crate) async fn listed(site: &Site<'_>, sandbox: &dyn Sandbox) -> String {
    match sandbox.changes().await {
        Ok(changes) => list(&changes, &workspace::roots(site)),
        Err(error) => format!("not known: {error}\n"),
    }
}

fn list(changes: &Changes, roots: &[String]) -> String {
    let ours = |change: &&Change| {
        let path = Path::new(&change.path);
        let below = |place: &str| path.starts_with(place);
        // A root itself and the folders above it are there for the root's sake.
        let above = |root: &String| Path::new(root).starts_with(path);
        !OURS.iter().any(|place| below(place)) && !roots.iter().any(|root| below(root) || above(root))
    };
    // A folder changes with each thing in it: only what is not told by its content is told.
    let parents: HashSet<&Path> =
        changes.listed.iter().flat_map(|change| Path::new(&change.path).ancestors().skip(1)).collect();
    let told = |change: &&Change| change.sign() != '~' || !parents.contains(Path::new(&change.path));
    let mut found = changes.listed.iter().filter(ours).filter(told);
    let mut out = String::new();
    for change in found.by_ref().take(MOST) {
        // A name may hold a line break.
        let _ = writeln!(out, "{}{}", change.sign(), change.path.escape_debug());
    }
    match (found.count(), changes.complete) {
        (0, true) => {}
        (more, true) => drop(writeln!(out, "and {more} more")),
        (more, false) => drop(writeln!(out, "and more than {more} more")),
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(listed: &str, complete: bool) -> Changes {
        let change = |line: &str| {
            let kind = match &line[..1] {
                "~" => 0,
                "+" => 1,
                _ => 2,
            };
            serde_json::from_value(serde_json::json!({"Path": &line[1..], "Kind": kind})).unwrap()
        };
        Changes { listed: listed.split(' ').map(change).collect(), complete }
    }

    #[test]
    fn only_what_lies_outside_and_is_the_agents_is_told() {
        let all = "~/app +/app/x +/logs ~/etc ~/etc/hosts ~/etc/passwd +/.dockerenv +/opt +/opt/overhang ~/usr \
                   ~/usr/bin -/usr/bin/gcc +/application +/var/a\nb ~/dev +/dev/shm/x";
        assert_eq!(
            list(&changes(all, true), &["/app".into(), "/logs/artifacts".into()]),
            "~/etc/passwd\n+/opt\n-/usr/bin/gcc\n+/application\n+/var/a\\nb\n"
        );
        assert_eq!(list(&changes("~/app +/app/x", true), &["/app".into()]), "");
    }

    #[test]
    fn a_list_that_is_cut_short_says_so() {
        let many: Vec<String> = (0..MOST + 3).map(|number| format!("+/x/{number}")).collect();
        let told = list(&changes(&many.join(" "), true), &[]);
        assert!(told.ends_with("+/x/1999\nand 3 more\n"), "{told}");
        assert_eq!(list(&changes("+/x", false), &[]), "+/x\nand more than 0 more\n");
    }
}
