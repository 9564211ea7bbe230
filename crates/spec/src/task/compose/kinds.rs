//! Of which kind a value is: Compose holds a file against a schema, and what it refuses is refused here.

use std::collections::BTreeSet;

use super::FILE;
use crate::{
    error::Kind,
    nearest,
    task::reader::{OUT, Reader},
    yaml::{Node, What},
};

/// A place in the file.
#[derive(Clone, Debug)]
pub(in crate::task) struct Spot {
    /// Its key, as in `services.db.image`.
    pub(super) key: String,
    pub(super) line: usize,
}

impl Spot {
    pub(super) fn new(key: &str, value: &Node) -> Self {
        Self { key: key.to_owned(), line: value.line }
    }

    /// A place below it.
    pub(super) fn of(&self, key: &str, value: &Node) -> Self {
        Self { key: format!("{}.{key}", self.key), line: value.line }
    }
}

impl Reader<'_, '_> {
    /// Refuses what is right, and not carried out.
    pub(super) fn no_compose(&mut self, spot: &Spot, what: &str) {
        let Spot { key, line } = spot;
        self.findings.whole(format!("`{FILE}:{line}`: `{key}` is not supported: {what}"), OUT.to_owned());
        self.findings.of_kind(Kind::Unsupported);
    }

    /// Refuses what Compose refuses.
    pub(super) fn wrong_compose(&mut self, spot: &Spot, what: &str, help: impl Into<Option<String>>) {
        let Spot { key, line } = spot;
        self.findings.whole(format!("`{FILE}:{line}`: `{key}`: {what}"), help);
    }

    /// Refuses a key that is none of those which are read, and that may be a slip of one.
    pub(super) fn unknown_compose(&mut self, spot: &Spot, what: &str, known: &[&str]) {
        let key = spot.key.rsplit('.').next().unwrap_or_default();
        match nearest::name(key, known.iter().copied()) {
            Some(meant) => self.wrong_compose(spot, "unknown key", format!("did you mean `{meant}`?")),
            None => self.no_compose(spot, what),
        }
    }

    /// Whether it is a map, or nothing, which Compose takes for one without keys where it may be left out.
    pub(super) fn map_or_nothing(&mut self, spot: &Spot, value: &Node) -> bool {
        value.what == What::Null || self.map(spot, value)
    }

    /// Whether it is a map.
    pub(super) fn map(&mut self, spot: &Spot, value: &Node) -> bool {
        let is_map = matches!(value.what, What::Map(_));
        if !is_map {
            self.wrong_compose(spot, "it is to be a map of keys and values", None);
        }
        is_map
    }

    /// A text, with its variables filled in.
    pub(super) fn text(&mut self, spot: &Spot, value: &Node) -> Option<String> {
        match &value.what {
            What::Text(text) => Some(self.filled(value.line, text)),
            What::Number(_) | What::Bool(_) | What::Time => {
                let help = "write it in quotes".to_owned();
                self.wrong_compose(spot, "it is to be a text, and is none without quotes", help);
                None
            }
            What::Null | What::List(_) | What::Map(_) => {
                self.wrong_compose(spot, "it is to be a text", None);
                None
            }
        }
    }

    /// A list of texts, with their variables filled in.
    pub(super) fn texts(&mut self, spot: &Spot, value: &Node) -> Vec<String> {
        let What::List(items) = &value.what else {
            self.wrong_compose(spot, "it is to be a list of texts", None);
            return Vec::new();
        };
        items.iter().filter_map(|item| self.text(&Spot { line: item.line, ..spot.clone() }, item)).collect()
    }

    /// The same, where none may stand twice.
    pub(super) fn names(&mut self, spot: &Spot, value: &Node) -> Vec<String> {
        let names = self.texts(spot, value);
        let mut seen = BTreeSet::new();
        if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
            self.wrong_compose(spot, &format!("`{twice}` stands twice"), None);
        }
        names
    }

    /// Yes or no, as Compose reads it: `yes` and `"true"` too.
    pub(super) fn truth(&mut self, spot: &Spot, value: &Node) -> bool {
        let said = value.printed().map(|said| self.filled(value.line, &said).to_ascii_lowercase());
        match said.as_deref() {
            Some("true" | "yes" | "y" | "on") => true,
            Some("false" | "no" | "n" | "off") => false,
            _ => {
                self.wrong_compose(spot, "it is to be `true` or `false`", None);
                false
            }
        }
    }

    /// A number or a text; nothing where it names one of Harbor's own variables, since the task's file says the same.
    pub(super) fn printed(&mut self, spot: &Spot, value: &Node) -> Option<String> {
        let said = value.printed();
        if said.is_none() {
            self.wrong_compose(spot, "it is to be a number or a text", None);
        }
        said.filter(|said| !said.contains('$'))
    }
}
