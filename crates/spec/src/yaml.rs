//! YAML, as other people's files have it: a tree in which every value knows its line, with scalars as Compose reads them.

mod plain;

use std::{collections::HashMap, path::Path};

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};
use serde_json::Value;

use crate::error::Kind;

/// Files larger than this are refused unread.
const LONGEST: u64 = 1 << 20;

/// Values in a file, aliases followed: more than anybody writes.
const MOST: usize = 100_000;

/// What is said of `!reset`, `!override` and others.
const TAG: &str = "tags are not read, but for those of kinds of values, as `!!str`";

/// A value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// From 1.
    pub(crate) line: usize,
    pub(crate) what: What,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Null,
    Bool(bool),
    /// A number, as Compose prints it: `0644` is `420`, and `1.10` is `1.1`.
    Number(String),
    /// A date or a time, which Compose prints in a form of its own.
    Time,
    Text(String),
    List(Vec<Node>),
    /// In the file's order; no two keys are the same.
    Map(Vec<(String, Node)>),
}

/// Reads a file whose outermost value is a map; of an empty file, one without keys.
///
/// # Errors
/// What is wrong, in words, and the line if it is known.
pub(crate) fn read(path: &Path) -> Read<Node> {
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Unread::wrong(None, "no such file"),
        std::io::ErrorKind::InvalidData => Unread::wrong(None, "the file is not UTF-8 text"),
        kind => Unread::wrong(None, format!("cannot be read: {kind}")),
    };
    let size = fs_err::metadata(path).map_err(unreadable)?.len();
    if size > LONGEST {
        return Err(Unread::wrong(None, format!("the file has {size} bytes, more than {LONGEST}")));
    }
    let text = fs_err::read_to_string(path).map_err(unreadable)?;
    let node = parse(&text)?;
    match node.what {
        What::Map(_) => Ok(node),
        What::Null => Ok(Node { what: What::Map(Vec::new()), ..node }),
        _ => Err(Unread::wrong(node.line, "the file is no map of keys and values")),
    }
}

/// Reads a text of one document.
fn parse(text: &str) -> Read<Node> {
    let mut tree = Tree { events: Parser::new_from_str(text), anchors: HashMap::new(), values: 0 };
    let node = loop {
        match tree.next()? {
            (Event::StreamStart | Event::DocumentStart(..), _) => {}
            (Event::StreamEnd, _) => return Ok(Node { line: 1, what: What::Null }),
            (event, span) => break tree.node(event, span)?,
        }
    };
    loop {
        match tree.next()? {
            (Event::StreamEnd, _) => return Ok(node),
            (Event::DocumentStart(..), span) => {
                let what = "the file goes on after `---`: one document is read, so write all into one";
                return Err(Unread::unsupported(span.start.line(), what));
            }
            _ => {}
        }
    }
}

/// A tree in the making.
struct Tree<'t> {
    events: Parser<'t, StrInput<'t>>,
    anchors: HashMap<usize, Node>,
    /// So many were made.
    values: usize,
}

type Read<T> = Result<T, Unread>;

/// Why a text is not read.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(crate) line: Option<usize>,
    pub(crate) what: String,
    /// Whether it is right, and only not read here.
    pub(crate) kind: Kind,
}

impl Unread {
    fn wrong(line: impl Into<Option<usize>>, what: impl Into<String>) -> Self {
        Self { line: line.into(), what: what.into(), kind: Kind::Wrong }
    }

    fn unsupported(line: usize, what: &str) -> Self {
        Self { kind: Kind::Unsupported, ..Self::wrong(line, what) }
    }
}

impl<'t> Tree<'t> {
    fn next(&mut self) -> Read<(Event<'t>, Span)> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                Err(Unread::wrong(error.marker().line(), format!("not valid YAML: {}", error.info())))
            }
            None => Err(Unread::wrong(None, "not valid YAML: the file ends too soon")),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span) -> Read<Node> {
        let line = span.start.line();
        let wrong = |what: &str| Err(Unread::wrong(line, what));
        self.values += 1;
        if self.values > MOST {
            return wrong("the file comes to more values than anybody writes");
        }
        let (what, anchor) = match event {
            Event::SequenceStart(.., Some(_)) | Event::MappingStart(.., Some(_)) => {
                return Err(Unread::unsupported(line, TAG));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let what = match (tag.as_deref().map(Tag::core_suffix), style) {
                    (None, ScalarStyle::Plain) | (Some(Some("int" | "float" | "bool" | "null")), _) => {
                        plain::read(&text)
                    }
                    (None | Some(Some("str")), _) => What::Text(text.into_owned()),
                    (Some(_), _) => return Err(Unread::unsupported(line, TAG)),
                };
                (what, anchor)
            }
            Event::SequenceStart(_, anchor, None) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => items.push(self.node(event, span)?),
                    }
                }
                (What::List(items), anchor)
            }
            Event::MappingStart(_, anchor, None) => (What::Map(self.pairs()?), anchor),
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return wrong("an alias stands in what it names");
                };
                self.values += node.values();
                return Ok(Node { line, ..node });
            }
            _ => return wrong("not valid YAML"),
        };
        let node = Node { line, what };
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// Keys and values, those that are merged in by `<<` after the map's own.
    fn pairs(&mut self) -> Read<Vec<(String, Node)>> {
        let mut pairs: Vec<(String, Node)> = Vec::new();
        let mut merged = None;
        loop {
            let (event, span) = match self.next()? {
                (Event::MappingEnd, _) => break,
                next => next,
            };
            let is_plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, ..));
            let key = self.node(event, span)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            match key.what {
                What::Text(name) if name == "<<" && is_plain && merged.is_none() => merged = Some(value),
                What::Text(name) if name == "<<" && is_plain => {
                    let what = "the key `<<` stands twice in one map: give it a list";
                    return Err(Unread::wrong(key.line, what));
                }
                What::Text(name) if pairs.iter().any(|(other, _)| *other == name) => {
                    return Err(Unread::wrong(key.line, format!("the key `{name}` stands twice in one map")));
                }
                What::Text(name) => pairs.push((name, value)),
                _ => return Err(Unread::wrong(key.line, "a key is a text: write it in quotes")),
            }
        }
        if let Some(value) = merged {
            let line = value.line;
            let maps = match value.what {
                What::List(maps) => maps,
                what => vec![Node { line, what }],
            };
            for map in maps {
                let What::Map(more) = map.what else {
                    return Err(Unread::wrong(line, "what `<<` takes in is a map"));
                };
                for (name, value) in more {
                    if !pairs.iter().any(|(other, _)| *other == name) {
                        pairs.push((name, value));
                    }
                }
            }
        }
        Ok(pairs)
    }
}

impl Node {
    /// The value of a key, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.pairs().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Keys and values, if this is a map.
    pub(crate) fn pairs(&self) -> &[(String, Self)] {
        match &self.what {
            What::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// Items, if this is a list.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.what {
            What::List(items) => items,
            _ => &[],
        }
    }

    /// A text, if this is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A text, or what Compose prints for a number or a truth value.
    pub(crate) fn printed(&self) -> Option<String> {
        match &self.what {
            What::Text(text) | What::Number(text) => Some(text.clone()),
            What::Bool(truth) => Some(truth.to_string()),
            What::Null | What::Time | What::List(_) | What::Map(_) => None,
        }
    }

    /// What is printed of a list's items; of one text, itself.
    pub(crate) fn all_printed(&self) -> Vec<String> {
        match &self.what {
            What::List(items) => items.iter().filter_map(Self::printed).collect(),
            _ => self.printed().into_iter().collect(),
        }
    }

    /// Pairs, written as a map or as a list of `NAME=VALUE`. A name without a value has none.
    pub(crate) fn settings(&self) -> Vec<(String, Option<String>)> {
        match &self.what {
            What::Map(pairs) => pairs.iter().map(|(name, value)| (name.clone(), value.printed())).collect(),
            _ => {
                let pair = |line: String| match line.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (line, None),
                };
                self.all_printed().into_iter().map(pair).collect()
            }
        }
    }

    /// The same in JSON. A time is its absence.
    pub(crate) fn json(&self) -> Value {
        match &self.what {
            What::Null | What::Time => Value::Null,
            What::Bool(truth) => Value::Bool(*truth),
            What::Number(number) => serde_json::from_str(number).unwrap_or_else(|_| number.clone().into()),
            What::Text(text) => text.clone().into(),
            What::List(items) => items.iter().map(Self::json).collect(),
            What::Map(pairs) => {
                Value::Object(pairs.iter().map(|(name, value)| (name.clone(), value.json())).collect())
            }
        }
    }

    /// This value and all below it.
    fn values(&self) -> usize {
        let below: usize = self.items().iter().map(Self::values).sum();
        1 + below + self.pairs().iter().map(|(_, value)| value.values()).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> What {
        parse(text).unwrap().what
    }

    #[test]
    fn values_know_their_lines() {
        let tree = parse("# first\na:\n  - b\n  - c: 'd'\n").unwrap();
        let list = tree.get("a").unwrap().items();
        assert_eq!((list[0].line, list[1].get("c").unwrap().line), (3, 4));
    }

    #[test]
    fn what_is_merged_in_goes_behind_the_maps_own() {
        let tree = parse("x: &x { a: 1, b: 2 }\ny: { <<: *x, b: 3 }\nz: { '<<': 4 }\n").unwrap();
        assert_eq!(
            tree.get("y").unwrap().settings(),
            [("b".into(), Some("3".into())), ("a".into(), Some("1".into()))]
        );
        assert_eq!(tree.get("z").unwrap().settings(), [("<<".into(), Some("4".into()))]);
    }

    #[test]
    fn tags_that_name_a_kind_are_followed() {
        assert_eq!(what("!!str 5"), What::Text("5".into()));
        assert_eq!(what("!!int '5'"), What::Number("5".into()));
        assert_eq!(
            parse("a: { b: !!str 012 }").unwrap().get("a").unwrap().get("b").unwrap().text(),
            Some("012")
        );
        assert!(parse("!reset null").is_err());
    }

    #[test]
    fn what_is_wrong_has_its_line() {
        for (text, line, said) in [
            ("a: 1\nb: 2\na: 3\n", 3, "the key `a` stands twice"),
            ("a: [\n", 1, "not valid YAML"),
            ("1: a\n", 1, "a key is a text"),
            ("a: &a [*a]\n", 1, "an alias"),
            ("a: { <<: 5 }\n", 1, "what `<<` takes in"),
            ("a: { <<: { b: 1 }, <<: { c: 1 } }\n", 1, "the key `<<` stands twice"),
            ("a: 1\n---\na: 2\n", 2, "goes on after `---`"),
        ] {
            let Unread { line: at, what, .. } = parse(text).unwrap_err();
            assert_eq!(at, Some(line), "{text}: {what}");
            assert!(what.contains(said), "{text}: {what}");
        }
    }

    #[test]
    fn a_file_that_doubles_itself_is_given_up() {
        let mut text = "a0: &a0 [x, x]\n".to_owned();
        for level in 1..40 {
            text += &format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1);
        }
        assert!(parse(&text).unwrap_err().what.contains("more values"));
    }
}
