use std::{fmt, ops::RangeInclusive, str::FromStr};

/// The difficulties there are.
pub const DIFFICULTIES: RangeInclusive<u32> = 1..=5;

/// What kind of task is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// A sheet of exact integer formulas, to be worked out for hidden inputs.
    Calc,
    /// A report on tables, by stated rules.
    Data,
    /// A working program with faults put in.
    Fix,
    /// A C program, to be written again in Python.
    Port,
    /// An evaluator for a notation that only its description tells.
    Spec,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Calc, Self::Data, Self::Fix, Self::Port, Self::Spec];

    /// Its name, which is that of the tasks' family.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calc => "calc",
            Self::Data => "data",
            Self::Fix => "fix",
            Self::Port => "port",
            Self::Spec => "spec",
        }
    }

    /// What [`crate::Task::quantity`] counts.
    pub fn quantity(self) -> &'static str {
        match self {
            Self::Calc => "operations in the sheet",
            Self::Data => "rules of the report beyond the first ones",
            Self::Fix => "faults put in",
            Self::Port => "statements in the loop",
            Self::Spec => "levels of precedence",
        }
    }

    /// The split, that of the repository's own tasks of this family.
    pub(crate) fn split(self) -> &'static str {
        match self {
            Self::Spec => "dev",
            Self::Calc | Self::Data | Self::Fix | Self::Port => "test",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Family {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::as_str);
        Self::ALL.into_iter().find(|family| family.as_str() == text).ok_or_else(|| {
            let near = names().into_iter().find(|name| strsim::damerau_levenshtein(name, text) <= 2);
            let hint = near.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
            format!("there is no generator `{text}`: {hint}there are {}", names().join(", "))
        })
    }
}

/// All that decides a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Recipe {
    /// What kind of task.
    pub family: Family,
    /// The seed, which several tasks share.
    pub seed: u64,
    /// Which of the tasks of this seed, from 0.
    pub index: u32,
    /// One of [`DIFFICULTIES`].
    pub difficulty: u32,
}

impl Recipe {
    /// The task's name within its family, as in `d3-s7-0`.
    pub fn name(self) -> String {
        format!("d{}-s{}-{}", self.difficulty, self.seed, self.index)
    }

    /// The task's id, as in `calc/d3-s7-0`.
    pub fn id(self) -> String {
        format!("{}/{}", self.family, self.name())
    }
}
