// overhang canary 416dc2efe5807f29a0268008569d5800
use std::collections::BTreeMap;

struct Group {
    count: u64,
    sum: i128,
    longest: Option<String>,
}

fn unescape(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut done = String::new();
    let mut at = 0;
    while at < chars.len() {
        if chars[at] == '\\' && at + 1 < chars.len() && "nt\\".contains(chars[at + 1]) {
            done.push(match chars[at + 1] {
                'n' => '\n',
                't' => '\t',
                other => other,
            });
            at += 2;
        } else {
            done.push(chars[at]);
            at += 1;
        }
    }
    done
}

/// Sums up a log of `key = value` lines: one line per key, without regard to capitals, sorted by key.
pub fn tally(log: &str, out: &mut String) {
    let lines: Vec<String> = log.lines().map(|line| line.trim().to_string()).collect();
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut bad = 0;
    for line in lines {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let parts: Vec<String> = line.splitn(2, '=').map(|part| part.trim().to_string()).collect();
        if parts.len() < 2 || parts[0].is_empty() {
            bad += 1;
            continue;
        }
        let group = groups
            .entry(parts[0].to_lowercase())
            .or_insert(Group { count: 0, sum: 0, longest: None });
        group.count += 1;
        match parts[1].parse::<i64>() {
            Ok(number) => group.sum += i128::from(number),
            Err(_) => {
                let text = unescape(&parts[1]);
                let length = text.chars().count();
                if group.longest.as_ref().map_or(true, |longest| length > longest.chars().count()) {
                    group.longest = Some(text);
                }
            }
        }
    }
    for (key, group) in groups {
        let mut line = format!("{}: {}, sum {}", key, group.count, group.sum);
        if let Some(text) = group.longest {
            line += &format!(", longest \"{}\"", text);
        }
        out.push_str(&format!("{}\n", line));
    }
    if bad > 0 {
        out.push_str(&format!("malformed: {}\n", bad));
    }
}
