//! Which program made a record.

use std::{borrow::Cow, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// The program that made a record: all that tells two builds apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Program {
    /// Its version.
    pub version: String,
    /// The commit it was built from, in hex; `None` where it was built outside a checkout.
    pub commit: Option<String>,
    /// The day of that commit, as `2026-11-28`.
    pub date: Option<String>,
    /// Whether the checkout had changes that were not committed; `None` outside a checkout.
    pub dirty: Option<bool>,
    /// SHA-256 of the guest that it starts in containers; `None` in records of older programs.
    pub guest: Option<String>,
}

impl From<String> for Program {
    /// What older programs wrote of themselves: a version.
    fn from(version: String) -> Self {
        Self { version, commit: None, date: None, dirty: None, guest: None }
    }
}

impl fmt::Display for Program {
    /// `0.0.0 (1a2b3c4d5e6f 2026-11-28, with changes, guest 0123456789ab)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: &str| text.chars().take(12).collect::<String>();
        let mut parts = Vec::new();
        if let Some(commit) = &self.commit {
            let date = self.date.as_ref().map(|date| format!(" {date}")).unwrap_or_default();
            parts.push(short(commit) + &date);
        }
        if self.dirty == Some(true) {
            parts.push("with changes".to_owned());
        }
        if let Some(guest) = &self.guest {
            parts.push(format!("guest {}", short(guest)));
        }
        f.write_str(&self.version)?;
        if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(", ")) }
    }
}

impl<'de> Deserialize<'de> for Program {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Whole {
            version: String,
            #[serde(default)]
            commit: Option<String>,
            #[serde(default)]
            date: Option<String>,
            #[serde(default)]
            dirty: Option<bool>,
            #[serde(default)]
            guest: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Version(String),
            Whole(Whole),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Version(version) => Self::from(version),
            Written::Whole(Whole { version, commit, date, dirty, guest }) => {
                Self { version, commit, date, dirty, guest }
            }
        })
    }
}

impl JsonSchema for Program {
    fn schema_name() -> Cow<'static, str> {
        "Program".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "The program that made a record; older ones wrote their version alone.",
            "type": ["object", "string"],
            "properties": {
                "version": {"type": "string", "description": "Its version."},
                "commit": {
                    "type": ["string", "null"],
                    "description": "The commit it was built from, in hex; `null` outside a checkout.",
                },
                "date": {"type": ["string", "null"], "description": "The day of that commit, as `2026-11-28`."},
                "dirty": {
                    "type": ["boolean", "null"],
                    "description": "Whether its sources had changes that were not committed; `null` outside a checkout.",
                },
                "guest": {
                    "type": ["string", "null"],
                    "description": "SHA-256 of the guest that it starts in containers.",
                },
            },
            "required": ["version"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_record_names_a_version_alone() {
        let old: Program = serde_json::from_str("\"0.0.0\"").unwrap();
        assert_eq!((old.to_string().as_str(), old.commit), ("0.0.0", None));
        let new = Program {
            version: "0.0.0".into(),
            commit: Some("f61cf4b0000000000000000000000000000000000".into()),
            date: Some("2026-11-28".into()),
            dirty: Some(true),
            guest: None,
        };
        assert_eq!(new.to_string(), "0.0.0 (f61cf4b00000 2026-11-28, with changes)");
        assert_eq!(serde_json::from_value::<Program>(serde_json::to_value(&new).unwrap()).unwrap(), new);
    }
}
