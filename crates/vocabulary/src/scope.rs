//! What fails for everybody.

use std::{borrow::Cow, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What an outage is of. Written `engine`, or as the id of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PauseScope {
    /// The engine.
    Engine,
    /// The provider of this model.
    Provider(String),
}

const ENGINE: &str = "engine";

impl fmt::Display for PauseScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Engine => ENGINE,
            Self::Provider(model) => model,
        })
    }
}

impl Serialize for PauseScope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PauseScope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(if text == ENGINE { Self::Engine } else { Self::Provider(text) })
    }
}

impl JsonSchema for PauseScope {
    fn schema_name() -> Cow<'static, str> {
        "PauseScope".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}
