//! The page: well-formed, closed in itself, named for those who do not see it, and deaf to what it holds.

use analysis::Analysis;
use html5ever::{ParseOpts, parse_document, tendril::TendrilSink, tree_builder::TreeBuilderOpts};
use ledger::{Event, RunDir};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use report::{Format, View};
use tempfile::TempDir;

use vocabulary::{Flag, FlagName};

use crate::cases::{ARMS, TASKS, edges, events, factorial, of};

pub(crate) fn html(analysis: &Analysis, run: &RunDir) -> String {
    Format::Html.render(View::Report(analysis, run), 160).unwrap()
}

pub(crate) const HOSTILE: &str =
    "</pre><script>alert(1)</script><img src=x onerror=alert(1)>'\"&\u{1b}[2K\u{0}";

/// One element: name, attributes, and the names of what it holds directly.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<String>,
}

impl Element {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// The page's elements, after a parser that tells every fault has read it.
fn elements(page: &str) -> Vec<Element> {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { exact_errors: true, ..TreeBuilderOpts::default() },
        ..ParseOpts::default()
    };
    let dom = parse_document(RcDom::default(), options).one(page);
    assert!(dom.errors.borrow().is_empty(), "{:?}", dom.errors.borrow());
    let mut found = Vec::new();
    collect(&dom.document, &mut found);
    found
}

fn collect(node: &Handle, found: &mut Vec<Element>) {
    let children = node.children.borrow();
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let named = |child: &Handle| match &child.data {
            NodeData::Element { name, .. } => Some(name.local.to_string()),
            _ => None,
        };
        found.push(Element {
            name: name.local.to_string(),
            attributes: attrs
                .borrow()
                .iter()
                .map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()))
                .collect(),
            children: children.iter().filter_map(named).collect(),
        });
    }
    children.iter().for_each(|child| collect(child, found));
}

fn page(analysis: &Analysis) -> String {
    let folder = TempDir::new().unwrap();
    html(analysis, &RunDir::at(folder.path()))
}

/// What must hold of any page.
pub(crate) fn check(page: &str) {
    let elements = elements(page);
    for element in &elements {
        let name = element.name.as_str();
        assert!(
            !matches!(name, "script" | "iframe" | "object" | "embed" | "img" | "base" | "form"),
            "{name}"
        );
        for (attribute, value) in &element.attributes {
            assert!(!attribute.starts_with("on"), "{attribute}={value}");
            assert!(
                !matches!(attribute.as_str(), "src" | "srcset" | "action" | "ping"),
                "{attribute}={value}"
            );
            if attribute == "href" {
                assert!(value.starts_with('#') || value == "data:,", "{value}");
            }
        }
        let is_chart = name == "svg" && element.attribute("class") != Some("marker");
        if is_chart && element.attribute("aria-hidden").is_none() {
            assert_eq!(element.attribute("role"), Some("img"));
            assert!(element.attribute("aria-label").is_some_and(|label| !label.is_empty()));
            assert!(element.children.iter().any(|child| child == "title"));
        }
    }
    let ids: Vec<&str> = elements.iter().filter_map(|element| element.attribute("id")).collect();
    for (place, id) in ids.iter().enumerate() {
        assert!(!ids[..place].contains(id), "{id} stands twice");
    }
    for link in elements.iter().filter_map(|element| element.attribute("href")?.strip_prefix('#')) {
        assert!(ids.contains(&link), "#{link} leads nowhere");
    }
    for other in ["http://", "https://", "@import", "url("] {
        assert!(!page.contains(other), "{other}");
    }
    assert!(!page.contains("NaN"));
}

#[test]
fn every_edge_is_a_whole_page() {
    for (name, analysis) in edges() {
        let page = page(&analysis);
        check(&page);
        assert!(page.contains("simulated"), "{name}");
    }
    let page = page(&factorial());
    check(&page);
    // scripts/page looks at it in a browser.
    if let Some(path) = std::env::var_os("OVERHANG_WRITE_PAGE") {
        fs_err::write(std::path::PathBuf::from(path), page).unwrap();
    }
}

#[test]
fn what_models_write_stays_text() {
    let folder = TempDir::new().unwrap();
    let run = RunDir::at(folder.path());
    let blobs = run.blobs();
    let mut all = events(&ARMS, &TASKS, 1, |arm, _, _| arm == ARMS[1]);
    for event in &mut all {
        if let Event::Ended(end) = event {
            let line = serde_json::json!({"call": 1, "tool": "bash", "command": HOSTILE});
            end.detail = HOSTILE.into();
            end.commands = Some(blobs.put(line.to_string().as_bytes()).unwrap());
            end.verifier_output = Some(blobs.put(HOSTILE.as_bytes()).unwrap());
            end.workspace = Some(blobs.put(&workspace(&end.trial.0)).unwrap());
            end.flags.push(Flag::new(FlagName::Unknown, HOSTILE));
        }
    }
    let mut analysis = of(&ARMS, &TASKS, 1, all);
    analysis.sweep = HOSTILE.into();
    analysis.arms[0].models_served.insert(HOSTILE.into());
    analysis.flags.push(Flag::new(FlagName::Unknown, HOSTILE));
    let page = html(&analysis, &run);
    check(&page);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("path differs") && page.contains("1 command"));
    assert!(!page.contains('\u{1b}') && !page.contains('\u{0}'));
}

/// A workspace whose one file is named and filled by somebody hostile, in another way for each trial.
fn workspace(trial: &str) -> Vec<u8> {
    let content = format!("{HOSTILE}\n{trial}\n");
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, "workspace/<b onclick=x>", content.as_bytes()).unwrap();
    archive.into_inner().unwrap()
}

#[test]
fn a_body_that_is_gone_or_endless_is_told_and_the_page_stays_small() {
    let folder = TempDir::new().unwrap();
    let run = RunDir::at(folder.path());
    let blobs = run.blobs();
    let endless = blobs.put(&vec![b'x'; 1 << 20]).unwrap();
    let tasks = &TASKS[..2];
    let mut all = events(&ARMS, tasks, 1, |_, _, _| true);
    for event in &mut all {
        if let Event::Ended(end) = event {
            end.verifier_output = Some(endless.clone());
            end.commands = Some(ledger::Digest("0".repeat(64)));
        }
    }
    let page = html(&of(&ARMS, tasks, 1, all), &run);
    check(&page);
    assert!(page.contains("Commands: cannot be shown") && page.contains("… cut here"));
    assert!(page.len() < 200_000, "{}", page.len());
}

#[test]
fn a_large_run_is_a_page_that_opens() {
    let tasks: Vec<String> = (0..500).map(|place| format!("f{}/t{place}", place % 9)).collect();
    let tasks: Vec<&str> = tasks.iter().map(String::as_str).collect();
    let page = page(&of(&ARMS, &tasks, 1, events(&ARMS, &tasks, 1, |_, task, _| task.ends_with('7'))));
    check(&page);
    assert!(page.contains("The first 400 of 500 tasks are shown"));
}
