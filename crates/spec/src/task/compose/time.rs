//! Times, as compose files have them: `1m30s`, `500ms`.

use super::kinds::Spot;
use crate::{task::reader::Reader, yaml::Node};

impl Reader<'_, '_> {
    /// Seconds.
    pub(super) fn time(&mut self, spot: &Spot, value: &Node) -> Option<f64> {
        let said = self.text(spot, value)?;
        let seconds = seconds(&said);
        if seconds.is_none() {
            self.wrong_compose(spot, "it is no time", "write it as `10s` or `1m30s`".to_owned());
        }
        seconds
    }
}

/// Seconds of a time.
fn seconds(text: &str) -> Option<f64> {
    let mut rest = text.trim();
    let mut sum = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|one: char| !one.is_ascii_digit() && one != '.')?;
        let (number, unit) = rest.split_at(end);
        let end = unit.find(|one: char| one.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, after) = unit.split_at(end);
        let each = match unit {
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        sum += number.parse::<f64>().ok()? * each;
        rest = after;
    }
    (sum > 0.0 || text.starts_with('0')).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(seconds("1m30s"), Some(90.0));
        assert_eq!(seconds("500ms"), Some(0.5));
        assert_eq!(seconds("0s"), Some(0.0));
        for wrong in ["", "5", "s", "1x", "1s2"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
