//! Provider keys, in memory only.

use std::{collections::BTreeMap, sync::Arc};

use secrecy::{ExposeSecret, SecretString};
use spec::Model;

/// Provider keys by the environment variable that holds them. `Debug` shows the names only.
#[derive(Clone, Default)]
pub struct Keys(Arc<BTreeMap<String, SecretString>>);

/// A model's key is missing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("model `{model}` needs a key: set the environment variable {variable}")]
pub struct KeyError {
    /// The model's id.
    pub model: String,
    /// The environment variable that its profile names.
    pub variable: String,
}

impl Keys {
    /// Reads the keys that `models` name from the environment.
    ///
    /// # Errors
    /// When a variable is unset or empty.
    pub fn from_environment(models: &[Model]) -> Result<Self, KeyError> {
        Self::from_lookup(models, |variable| std::env::var(variable).ok())
    }

    /// Reads the keys that `models` name with `lookup`, from variable to value.
    ///
    /// # Errors
    /// When a variable is unset or empty.
    pub fn from_lookup(models: &[Model], lookup: impl Fn(&str) -> Option<String>) -> Result<Self, KeyError> {
        let mut keys = BTreeMap::new();
        for model in models {
            let Some(variable) = model.endpoint.as_ref().and_then(|endpoint| endpoint.key_env.clone()) else {
                continue;
            };
            match lookup(&variable).map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()) {
                Some(key) => keys.insert(variable, SecretString::from(key)),
                None => return Err(KeyError { model: model.id.clone(), variable }),
            };
        }
        Ok(Self(Arc::new(keys)))
    }

    /// Takes every key out of a text that a provider sent: some quote the key they refuse.
    pub(crate) fn redact(&self, text: &str) -> String {
        let keys = self.0.values().map(ExposeSecret::expose_secret);
        keys.fold(text.to_owned(), |text, key| text.replace(key, "[key]"))
    }

    pub(crate) fn get(&self, variable: &str) -> Option<&SecretString> {
        self.0.get(variable)
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
