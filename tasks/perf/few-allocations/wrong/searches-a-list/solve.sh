#!/bin/bash
# overhang canary 416dc2efe5807f29a0268008569d5800
# Goes through all groups for each line, which takes ever longer the more keys there are.
set -e
cat > tally.rs <<"END"
// overhang canary 416dc2efe5807f29a0268008569d5800
use std::collections::HashMap;
use std::fmt::Write;

#[derive(Default)]
struct Group<'a> {
    key: String,
    count: u64,
    sum: i128,
    /// The longest text as it stands in the log, and its length without escapes.
    longest: Option<(&'a str, usize)>,
}

/// The characters of a value, escapes replaced.
fn unescaped(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut rest = text.chars();
    std::iter::from_fn(move || {
        let c = rest.next()?;
        if c != '\\' {
            return Some(c);
        }
        let replaced = match rest.clone().next() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('\\') => '\\',
            _ => return Some(c),
        };
        rest.next();
        Some(replaced)
    })
}

pub fn tally(log: &str, out: &mut String) {
    let mut spellings: Vec<(&str, usize)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut bad = 0u64;
    for line in log.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() => (key.trim(), value.trim()),
            _ => {
                bad += 1;
                continue;
            }
        };
        let place = match spellings.iter().find(|known| known.0 == key) {
            Some(&(_, place)) => place,
            None => {
                let lower = key.to_lowercase();
                let next = groups.len();
                let place = *places.entry(lower).or_insert(next);
                if place == next {
                    groups.push(Group { key: key.to_lowercase(), ..Group::default() });
                }
                spellings.push((key, place));
                place
            }
        };
        let group = &mut groups[place];
        group.count += 1;
        match value.parse::<i64>() {
            Ok(number) => group.sum += i128::from(number),
            Err(_) => {
                let length = unescaped(value).count();
                if group.longest.map_or(true, |(_, longest)| length > longest) {
                    group.longest = Some((value, length));
                }
            }
        }
    }
    groups.sort_by(|a, b| a.key.cmp(&b.key));
    for group in &groups {
        let _ = write!(out, "{}: {}, sum {}", group.key, group.count, group.sum);
        if let Some((text, _)) = group.longest {
            out.push_str(", longest \"");
            out.extend(unescaped(text));
            out.push('"');
        }
        out.push('\n');
    }
    if bad > 0 {
        let _ = writeln!(out, "malformed: {}", bad);
    }
}
END
