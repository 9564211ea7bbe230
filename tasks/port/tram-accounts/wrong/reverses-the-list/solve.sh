#!/bin/bash
# overhang canary a4ac614118d11516f57d1eb07b2258f8
# Accounts that are equal come in reverse order, too, in a report downwards.
set -e
cat > fares.rs <<"END"
// overhang canary a4ac614118d11516f57d1eb07b2258f8
use std::collections::HashMap;
use std::io::{Read, Write};

enum Problem {
    Value,
    Key,
    Zero,
}
use Problem::*;

/// Python's int(): a sign, digits, single underscores between digits.
fn int(text: &str) -> Result<i128, Problem> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut value: i128 = 0;
    let mut after_digit = false;
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + i128::from(byte - b'0');
                after_digit = true;
            }
            b'_' if after_digit => after_digit = false,
            _ => return Err(Value),
        }
    }
    if !after_digit {
        return Err(Value);
    }
    Ok(if negative { -value } else { value })
}

fn floor_div(a: i128, b: i128) -> i128 {
    let quotient = a / b;
    if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
}

fn grouped(value: i128) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut done = String::from(if value < 0 { "-" } else { "" });
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            done.push(',');
        }
        done.push(c);
    }
    done
}

/// To tens, halves to the even one.
fn tens(value: i128) -> i128 {
    let (quotient, rest) = (floor_div(value, 10), value.rem_euclid(10));
    let up = rest > 5 || (rest == 5 && quotient % 2 != 0);
    (quotient + i128::from(up)) * 10
}

fn title(name: &str) -> String {
    let mut after_letter = false;
    let mut done = String::new();
    for c in name.chars() {
        done.push(if after_letter { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() });
        after_letter = c.is_ascii_alphabetic();
    }
    done
}

#[derive(Default)]
struct Accounts {
    rides: HashMap<String, (u64, Vec<i128>)>,
    made: u64,
}

impl Accounts {
    fn get(&self, name: &str) -> Result<i128, Problem> {
        self.rides.get(name).map(|account| account.1.iter().sum()).ok_or(Key)
    }

    fn obey(&mut self, words: &[&str], out: &mut String) -> Result<(), Problem> {
        let rest = &words[1..];
        match (words[0], rest) {
            ("ride", [name, zones, cents]) => {
                self.made += 1;
                let made = self.made;
                let account = self.rides.entry(name.to_string()).or_insert((made, Vec::new()));
                account.1.push(int(zones)? * int(cents)?);
            }
            ("refund", [name, percent]) => {
                let sum = self.get(name)?;
                let back = -floor_div(sum * int(percent)?, 100);
                self.rides.get_mut(*name).ok_or(Key)?.1.push(back);
            }
            ("share", [name, people]) => {
                let sum = self.get(name)?;
                let people = int(people)?;
                if people == 0 {
                    return Err(Zero);
                }
                let each = floor_div(sum, people);
                out.push_str(&format!("{}: {} each, {} left\n", name, grouped(each), sum - each * people));
            }
            ("drop", _) => {
                for name in rest {
                    self.rides.remove(*name).ok_or(Key)?;
                }
            }
            ("report", _) => {
                let mut order: Vec<_> =
                    self.rides.iter().map(|(name, (made, rides))| (rides.len(), rides.iter().sum::<i128>(), *made, name)).collect();
                order.sort_by_key(|&(_, _, made, _)| made);
                if rest.contains(&"down") {
                    order.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
                    order.reverse();
                } else {
                    order.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
                }
                for (_, total, _, name) in order {
                    let sign = if total < 0 { "" } else { "+" };
                    out.push_str(&format!(
                        "{:<9.9}|{:>15}|{:>9}|{}\n",
                        title(name), format!("{}{}", sign, grouped(total)), tens(total), total.rem_euclid(7)
                    ));
                }
            }
            _ => return Err(Value),
        }
        Ok(())
    }
}

fn main() {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    let mut accounts = Accounts::default();
    let mut out = String::new();
    for (i, line) in input.split('\n').enumerate() {
        let line = line.split('#').next().unwrap_or("");
        let blank = |c: char| c == ' ' || ('\t'..='\r').contains(&c) || ('\x1c'..='\x1f').contains(&c);
        let words: Vec<&str> = line.split(blank).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            continue;
        }
        if let Err(problem) = accounts.obey(&words, &mut out) {
            let name = match problem {
                Value => "ValueError",
                Key => "KeyError",
                Zero => "ZeroDivisionError",
            };
            out.push_str(&format!("line {}: {}\n", i + 1, name));
        }
    }
    std::io::stdout().write_all(out.as_bytes()).unwrap();
}
END
