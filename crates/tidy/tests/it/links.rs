//! Links between pages lead somewhere.

use std::path::Path;

use crate::{pages, read, shown};

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        for target in targets(&read(&page)) {
            if !target.contains(':') && !leads(&page, &target) {
                broken.push(format!("{}: {target}", shown(&page)));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The targets of a page's links, as in `[text](target)`; code is left out.
fn targets(text: &str) -> Vec<String> {
    let prose: Vec<&str> = text.split("```").step_by(2).collect();
    let prose = prose.join("").split('`').step_by(2).collect::<Vec<_>>().join("``");
    prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

fn leads(page: &Path, target: &str) -> bool {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let file = if file.is_empty() { page.to_owned() } else { page.parent().unwrap().join(file) };
    file.exists()
        && (heading.is_empty() || read(&file).lines().any(|line| anchor(line).as_deref() == Some(heading)))
}

/// The anchor that a heading gets, as GitHub makes it.
fn anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
    let kept = title.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    Some(kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect())
}

#[test]
fn a_link_to_nowhere_is_seen() {
    let page = crate::root().join("README.md");
    assert_eq!(targets("[a](b.md) `[c](d)` [e](#f-g)"), ["b.md", "#f-g"]);
    assert!(leads(&page, "CONTRIBUTING.md#house-rules"));
    assert!(!leads(&page, "CONTRIBUTING.md#no-rules"));
    assert!(!leads(&page, "nowhere.md"));
}
