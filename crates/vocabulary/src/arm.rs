//! Arms: a harness and the prompt it gives.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which prompt an arm gives the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Prompt {
    /// One prompt, byte-identical for all models.
    Generic,
    /// The prompt written for this model.
    Specific,
}

impl Prompt {
    /// `generic` or `specific`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Specific => "specific",
        }
    }
}

/// The name of a harness: a folder under `harnesses/`, or the built-in `bare` loop.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct HarnessName(pub String);

impl HarnessName {
    /// The built-in bare loop.
    pub const BARE: &'static str = "bare";
    /// In a sweep's arms: the harness that each model's profile names as preferred.
    pub const PREFERRED: &'static str = "preferred";

    /// Whether a text can name a harness: lower-case letters, digits and `-`.
    pub fn is_valid(name: &str) -> bool {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    }

    /// Whether this is the built-in bare loop, which has no folder and no pack.
    pub fn is_bare(&self) -> bool {
        self.0 == Self::BARE
    }

    /// Whether this stands for each model's own preferred harness.
    pub fn is_preferred(&self) -> bool {
        self.0 == Self::PREFERRED
    }
}

/// Harness × prompt, written `harness/prompt`, as in `claude-code/specific`.
///
/// `bare/generic/again` is the baseline `bare/generic` a second time: a control, since a sound run cannot tell it from
/// the first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arm {
    /// The program that drives the model.
    pub harness: HarnessName,
    /// The prompt it is given.
    pub prompt: Prompt,
    /// Whether this is the baseline a second time.
    pub again: bool,
}

impl Arm {
    /// The bare loop with the generic prompt.
    pub fn bare_generic() -> Self {
        Self { harness: HarnessName(HarnessName::BARE.into()), prompt: Prompt::Generic, again: false }
    }

    /// What it is without its mark as a second one.
    pub fn first(&self) -> Self {
        Self { again: false, ..self.clone() }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.harness.0, self.prompt.as_str(), if self.again { "/again" } else { "" })
    }
}

/// Why a text is not an arm.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{0}` is not an arm: write `harness/prompt`, where prompt is `generic` or `specific`, as in `bare/generic`"
)]
pub struct ArmError(String);

impl FromStr for Arm {
    type Err = ArmError;

    fn from_str(text: &str) -> Result<Self, ArmError> {
        let wrong = || ArmError(text.to_owned());
        let (once, again) = text.strip_suffix("/again").map_or((text, false), |once| (once, true));
        let (harness, prompt) = once.split_once('/').ok_or_else(wrong)?;
        let prompt = match prompt {
            "generic" => Prompt::Generic,
            "specific" => Prompt::Specific,
            _ => return Err(wrong()),
        };
        if !HarnessName::is_valid(harness) {
            return Err(wrong());
        }
        Ok(Self { harness: HarnessName(harness.to_owned()), prompt, again })
    }
}

impl Serialize for Arm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Arm {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Arm {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Arm".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "arm", "pattern": "^[a-z0-9-]+/(generic|specific)(/again)?$" })
    }
}
