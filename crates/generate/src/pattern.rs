//! How a sweep names generated tasks: `generate:calc?seed=7&count=10&difficulty=3`.

use crate::{DIFFICULTIES, Family, Recipe};

/// Generated tasks, as named in the place of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// What kind of task.
    pub family: Family,
    /// The seed, which all share.
    pub seed: u64,
    /// How many, from 1 to [`Pattern::MOST`].
    pub count: u32,
    /// One of [`DIFFICULTIES`].
    pub difficulty: u32,
}

/// Why a text names no generated tasks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

impl Pattern {
    /// What such a name begins with.
    pub const PREFIX: &str = "generate:";
    /// Most tasks of one pattern.
    pub const MOST: u32 = 10_000;

    /// Reads a name; none if the text does not begin as one.
    ///
    /// # Errors
    /// If family, seed, count or difficulty are missing or out of range.
    pub fn parse(text: &str) -> Option<Result<Self, PatternError>> {
        text.strip_prefix(Self::PREFIX).map(Self::rest)
    }

    fn rest(text: &str) -> Result<Self, PatternError> {
        let (family, values) = text.split_once('?').unwrap_or((text, ""));
        let family = family.parse().map_err(PatternError)?;
        let (mut seed, mut count, mut difficulty) = (None, 1, 1);
        for pair in values.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "seed" => seed = Some(number(key, value, 0, u64::MAX)?),
                "count" => count = number(key, value, 1, u64::from(Self::MOST))? as u32,
                "difficulty" => {
                    let (least, most) = (DIFFICULTIES.start(), DIFFICULTIES.end());
                    difficulty = number(key, value, u64::from(*least), u64::from(*most))? as u32;
                }
                _ => {
                    let message = format!("`{key}` is not known here: there are seed, count and difficulty");
                    return Err(PatternError(message));
                }
            }
        }
        let seed = seed.ok_or_else(|| PatternError("no seed is given".to_owned()))?;
        Ok(Self { family, seed, count, difficulty })
    }

    /// The recipe of each of its tasks.
    pub fn recipes(self) -> impl Iterator<Item = Recipe> {
        let Self { family, seed, difficulty, .. } = self;
        (0..self.count).map(move |index| Recipe { family, seed, index, difficulty })
    }
}

fn number(key: &str, value: &str, least: u64, most: u64) -> Result<u64, PatternError> {
    let read = value.parse().ok().filter(|number| (least..=most).contains(number));
    read.ok_or_else(|| PatternError(format!("{key} is `{value}`: write a number from {least} to {most}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_and_what_is_wrong_with_one_is_told() {
        let pattern = Pattern::parse("generate:calc?seed=7&count=10&difficulty=3").unwrap().unwrap();
        assert_eq!(pattern, Pattern { family: Family::Calc, seed: 7, count: 10, difficulty: 3 });
        assert_eq!(pattern.recipes().nth(9).unwrap().id(), "calc/d3-s7-9");
        assert_eq!(Pattern::parse("tasks/calc"), None);
        let told = |text| Pattern::parse(text).unwrap().unwrap_err().to_string();
        assert_eq!(told("generate:calc"), "no seed is given");
        assert_eq!(
            told("generate:calc?seed=7&difficulty=6"),
            "difficulty is `6`: write a number from 1 to 5"
        );
        assert_eq!(
            told("generate:calc?seed=-7"),
            format!("seed is `-7`: write a number from 0 to {}", u64::MAX)
        );
        assert_eq!(
            told("generate:calc?sed=7"),
            "`sed` is not known here: there are seed, count and difficulty"
        );
        assert!(told("generate:clac?seed=7").contains("did you mean `calc`?"));
    }
}
