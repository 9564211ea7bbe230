//! Rewards: read from what a verifier wrote, and put together over the steps of a task.

use std::collections::BTreeMap;

use serde_json::Value;
use spec::{Task, task::StepReward};

/// Rewards by name.
pub(crate) type Rewards = BTreeMap<String, f64>;

/// A reward that is no score.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum OutOfBounds {
    /// Below 0.
    #[error("the reward {0} is below 0")]
    Below(f64),
    /// Above 1.
    #[error("the reward {0} is above 1")]
    Above(f64),
}

/// The name that decides, where there are several.
const REWARD: &str = "reward";

/// The rewards in `reward.json`, or else in `reward.txt`; each the file's text where there is one.
///
/// # Errors
/// What is wrong, with the name of the file.
pub(crate) fn read(json: Option<&str>, text: Option<&str>) -> Result<Rewards, String> {
    match (json, text) {
        (Some(json), _) => from_json(json).map_err(|wrong| format!("reward.json {wrong}")),
        (None, Some(text)) => from_text(text).map_err(|wrong| format!("reward.txt {wrong}")),
        (None, None) => Err("it wrote no reward, neither reward.txt nor reward.json".into()),
    }
}

fn from_json(text: &str) -> Result<Rewards, String> {
    if text.trim().is_empty() {
        return Err("is empty".into());
    }
    let value: Value = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
    let Value::Object(map) = value else { return Err("is not an object of names and numbers".into()) };
    if map.is_empty() {
        return Err("holds no reward".into());
    }
    map.into_iter()
        .map(|(name, value)| match value.as_f64().filter(|value| value.is_finite()) {
            Some(value) => Ok((name, value)),
            None => {
                Err(format!("has for `{name}` {}, which is not a finite number", shown(&value.to_string())))
            }
        })
        .collect()
}

fn from_text(text: &str) -> Result<Rewards, String> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(BTreeMap::from([(REWARD.to_owned(), value)])),
        _ if text.is_empty() => Err("is empty".into()),
        _ => Err(format!("holds {}, which is not a finite number", shown(text))),
    }
}

fn shown(text: &str) -> String {
    // Control characters are shown, and not obeyed by a terminal.
    let seen = |one: char| if one.is_control() { one.escape_debug().to_string() } else { one.to_string() };
    format!("`{}`", text.chars().take(40).map(seen).collect::<String>())
}

/// The score: the reward called `reward`, else the mean of all. From 0 to 1, to which `task` may have what is above it cut.
///
/// # Errors
/// If it is no score.
pub(crate) fn score(rewards: &Rewards, task: &Task) -> Result<f64, OutOfBounds> {
    capped(rewards, task.cap_rewards)
}

fn capped(rewards: &Rewards, cap: bool) -> Result<f64, OutOfBounds> {
    let mean = || rewards.values().sum::<f64>() / rewards.len() as f64;
    let score = rewards.get(REWARD).copied().unwrap_or_else(mean);
    let score = if cap && score > 1.0 { 1.0 } else { score };
    match score {
        0.0..=1.0 => Ok(score),
        ..0.0 => Err(OutOfBounds::Below(score)),
        // Also what is no number: of rewards of both signs, too large to be added up.
        _ => Err(OutOfBounds::Above(score)),
    }
}

/// Rewards of the steps carried out so far.
#[derive(Debug, Default)]
pub(crate) struct Tally(Vec<Rewards>);

impl Tally {
    /// Takes a step's rewards, and says whether the next step is to be begun: whether each is at least what the step
    /// asks for. A name that it lacks is too little.
    pub(crate) fn add(&mut self, step: &Task, rewards: Rewards) -> bool {
        let enough =
            step.min_reward.iter().all(|(name, least)| rewards.get(name).is_some_and(|got| got >= least));
        self.0.push(rewards);
        enough
    }

    /// Counts a step that could not be begun any more as one without any reward.
    pub(crate) fn add_nothing(&mut self) {
        self.0.push(Rewards::from([(REWARD.to_owned(), 0.0)]));
    }

    /// The rewards of the whole task.
    pub(crate) fn total(self, strategy: StepReward) -> Rewards {
        let steps = self.0.len() as f64;
        match strategy {
            StepReward::Final => self.0.into_iter().next_back().unwrap_or_default(),
            StepReward::Mean => {
                let mut total = Rewards::new();
                for (name, reward) in self.0.into_iter().flatten() {
                    *total.entry(name).or_default() += reward / steps;
                }
                // Thirds do not add up to one.
                total.values_mut().for_each(|reward| *reward = (*reward * 1e12).round() / 1e12);
                total
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewards_are_finite_numbers_and_json_goes_first() {
        assert_eq!(read(None, Some(" 1\n")).unwrap()["reward"], 1.0);
        assert_eq!(read(Some(r#"{"reward": 0.5, "style": 7}"#), Some("1")).unwrap().len(), 2);
        for (json, text, said) in [
            (None, None, "it wrote no reward, neither reward.txt nor reward.json"),
            (None, Some(" \n"), "reward.txt is empty"),
            (None, Some("nan"), "reward.txt holds `nan`, which is not a finite number"),
            (None, Some("yes"), "reward.txt holds `yes`, which is not a finite number"),
            (Some(""), Some("1"), "reward.json is empty"),
            (Some("[1]"), Some("1"), "reward.json is not an object of names and numbers"),
            (Some("{}"), None, "reward.json holds no reward"),
            (Some(r#"{"a": "1"}"#), None, "reward.json has for `a` `\"1\"`, which is not a finite number"),
        ] {
            assert_eq!(read(json, text).unwrap_err(), said);
        }
        assert!(read(Some(r#"{"reward": NaN}"#), None).unwrap_err().starts_with("reward.json is not JSON"));
    }

    #[test]
    fn the_score_is_the_one_called_reward_or_the_mean() {
        let rewards =
            |pairs: &[(&str, f64)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let score = |pairs: &[(&str, f64)]| capped(&rewards(pairs), false);
        assert_eq!(score(&[("a", 0.0), ("reward", 1.0), ("seconds", 30.0)]), Ok(1.0));
        assert_eq!(score(&[("a", 0.0), ("b", 1.0)]), Ok(0.5));
        assert_eq!(score(&[("reward", 1.5)]), Err(OutOfBounds::Above(1.5)));
        assert_eq!(score(&[("reward", -1.0)]), Err(OutOfBounds::Below(-1.0)));
        assert!(score(&[("a", f64::INFINITY), ("b", f64::NEG_INFINITY)]).is_err());
        assert_eq!(capped(&rewards(&[("reward", 1.5)]), true), Ok(1.0));
        assert!(capped(&rewards(&[("reward", -1.0)]), true).is_err());
        assert!(capped(&rewards(&[("reward", f64::NAN)]), true).is_err());
    }

    #[test]
    fn steps_are_put_together_as_the_task_says() {
        let step =
            |names: &[(&str, f64)]| names.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let tally = || Tally(vec![step(&[("reward", 1.0), ("style", 1.0)]), step(&[("reward", 0.0)])]);
        assert_eq!(tally().total(StepReward::Mean), step(&[("reward", 0.5), ("style", 0.5)]));
        assert_eq!(tally().total(StepReward::Final), step(&[("reward", 0.0)]));
        let thirds = Tally(vec![step(&[("reward", 1.0)]); 3]);
        assert_eq!(thirds.total(StepReward::Mean)["reward"], 1.0);
    }
}
