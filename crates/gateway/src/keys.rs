//! The keys of a run's models, read from the environment once.

use std::sync::Arc;

use secrecy::SecretString;
use spec::Model;

use crate::provider::{self, Secrets, Variable};

/// Provider keys by the environment variable that holds them. `Debug` shows the names only.
#[derive(Clone, Default)]
pub struct Keys(Arc<Secrets>);

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
    /// The environment variables without which `model` cannot be asked.
    pub fn needed(model: &Model) -> Vec<String> {
        let needed = variables(model).into_iter().filter(|variable| !variable.optional);
        needed.map(|variable| variable.name).collect()
    }

    /// Reads the keys that `models` need from the environment.
    ///
    /// # Errors
    /// When a variable is unset or empty.
    pub fn from_environment(models: &[Model]) -> Result<Self, KeyError> {
        Self::from_lookup(models, |variable| std::env::var(variable).ok())
    }

    /// Reads the keys that `models` need with `lookup`, from variable to value.
    ///
    /// # Errors
    /// When a variable is unset or empty.
    pub fn from_lookup(models: &[Model], lookup: impl Fn(&str) -> Option<String>) -> Result<Self, KeyError> {
        let mut secrets = Vec::new();
        for model in models {
            for Variable { name, optional } in variables(model) {
                match lookup(&name).map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()) {
                    Some(key) => secrets.push((name, SecretString::from(key))),
                    None if optional => {}
                    None => return Err(KeyError { model: model.id.clone(), variable: name }),
                }
            }
        }
        Ok(Self(Arc::new(secrets.into_iter().collect())))
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.0
    }
}

fn variables(model: &Model) -> Vec<Variable> {
    model.endpoint.as_ref().map(|endpoint| provider::of(endpoint).variables(endpoint)).unwrap_or_default()
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
