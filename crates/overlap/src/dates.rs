//! Could a model have seen a task?

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// When something was first public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publication {
    /// Never.
    Never,
    /// On this day.
    On(Date),
    /// Nobody knows.
    Unknown,
}

/// When a model was made, as far as that is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelDates {
    cutoff: Option<Date>,
    released: Option<Date>,
}

/// Dates that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum DateError {
    #[error("a training cutoff ({cutoff}) after the release ({released}) cannot be, correct one of them")]
    CutoffAfterRelease { cutoff: Date, released: Date },
    #[error("`{0}` is no cutoff, write `YYYY-MM` or `YYYY-MM-DD`")]
    Cutoff(String),
}

impl ModelDates {
    /// The last day of training data, and the day of release; each `None` when it is not stated.
    ///
    /// # Errors
    /// [`DateError`] when the cutoff is after the release.
    pub fn new(cutoff: Option<Date>, released: Option<Date>) -> Result<ModelDates, DateError> {
        match (cutoff, released) {
            (Some(cutoff), Some(released)) if cutoff > released => {
                Err(DateError::CutoffAfterRelease { cutoff, released })
            }
            _ => Ok(ModelDates { cutoff, released }),
        }
    }
}

/// The last day that a stated training cutoff may mean: `YYYY-MM` counts to the end of the month.
///
/// # Errors
/// [`DateError`] for text of another form.
pub fn cutoff_day(text: &str) -> Result<Date, DateError> {
    let day = |text: &str| text.parse::<Date>().ok();
    let found = match text.len() {
        7 => day(&format!("{text}-01")).map(Date::last_of_month),
        10 => day(text),
        _ => None,
    };
    found.ok_or_else(|| DateError::Cutoff(text.chars().take(20).collect()))
}

/// Whether a model can have seen a task, by dates alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DateClass {
    /// Public only after the model's release, or never. Not the cutoff: training goes on after it.
    Clean,
    /// Public only after the stated cutoff.
    LikelyClean,
    /// Public by the cutoff.
    Exposed,
    /// A date that would decide is not known.
    Unknown,
}

impl DateClass {
    /// The class of a task for a model. What a missing date could not change is decided without it: a task from after
    /// the cutoff is at least `LIKELY_CLEAN`, whenever the model was released.
    pub fn of(task: Publication, model: &ModelDates) -> DateClass {
        let day = match task {
            Publication::Never => return DateClass::Clean,
            Publication::Unknown => return DateClass::Unknown,
            Publication::On(day) => day,
        };
        if model.released.is_some_and(|released| day > released) {
            return DateClass::Clean;
        }
        match model.cutoff {
            Some(cutoff) if day > cutoff => DateClass::LikelyClean,
            Some(_) => DateClass::Exposed,
            None => DateClass::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn class(task: Publication, cutoff: Option<Date>, released: Option<Date>) -> DateClass {
        DateClass::of(task, &ModelDates::new(cutoff, released).unwrap())
    }

    #[test]
    fn the_day_itself_is_exposed() {
        let (cutoff, released) = (Some(date(2025, 6, 30)), Some(date(2025, 9, 1)));
        let on = |month, day| class(Publication::On(date(2025, month, day)), cutoff, released);
        assert_eq!([on(6, 30), on(7, 1)], [DateClass::Exposed, DateClass::LikelyClean]);
        assert_eq!([on(9, 1), on(9, 2)], [DateClass::LikelyClean, DateClass::Clean]);
    }

    #[test]
    fn missing_dates_decide_nothing_they_could_change() {
        let on = |year| Publication::On(date(year, 1, 1));
        let (cutoff, released) = (Some(date(2025, 6, 30)), Some(date(2025, 9, 1)));
        assert_eq!(class(Publication::Never, None, None), DateClass::Clean);
        assert_eq!(class(Publication::Unknown, cutoff, released), DateClass::Unknown);
        assert_eq!(class(on(2026), None, released), DateClass::Clean);
        assert_eq!(class(on(2025), None, released), DateClass::Unknown);
        assert_eq!(class(on(2026), cutoff, None), DateClass::LikelyClean);
        assert_eq!(class(on(2025), cutoff, None), DateClass::Exposed);
        assert_eq!(class(on(2025), None, None), DateClass::Unknown);
    }

    #[test]
    fn a_cutoffs_month_counts_to_its_end() {
        assert_eq!(cutoff_day("2024-02"), Ok(date(2024, 2, 29)));
        assert_eq!(cutoff_day("2024-02-10"), Ok(date(2024, 2, 10)));
        for wrong in ["", "2024", "2024-13", "2024-02-30", "early 2024", "2024-é1", "20240210T1"] {
            assert!(cutoff_day(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_model_is_not_released_before_its_data() {
        assert!(ModelDates::new(Some(date(2025, 9, 2)), Some(date(2025, 9, 1))).is_err());
    }
}
