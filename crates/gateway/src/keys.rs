//! The keys of a run's models, read from the environment once, or had from a file or a command as they are needed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

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

/// Where keys are looked for: the environment, and then the file `.env` of a directory. Tasks and containers never see
/// what that file holds.
#[derive(Clone, Default)]
pub struct KeySources {
    root: PathBuf,
    dotenv: BTreeMap<String, SecretString>,
}

impl KeySources {
    /// Those of the project in `root`.
    ///
    /// # Errors
    /// When its `.env` is there and cannot be read, in words that repeat nothing of it.
    pub fn beside(root: &Path) -> Result<Self, String> {
        let file = root.join(".env");
        let mut dotenv = BTreeMap::new();
        if file.is_file() {
            let pairs = dotenvy::from_path_iter(&file).map_err(|_| unread(&file))?;
            for pair in pairs {
                let (name, value) = pair.map_err(|_| unread(&file))?;
                dotenv.insert(name, SecretString::from(value));
            }
        }
        Ok(Self { root: root.to_owned(), dotenv })
    }

    /// A variable's value: the environment's, or else the file's. One that is blank is as good as unset.
    fn get(&self, name: &str) -> Option<String> {
        use secrecy::ExposeSecret as _;
        let set = |value: &String| !value.trim().is_empty();
        let of_file = || self.dotenv.get(name).map(|value| value.expose_secret().to_owned());
        std::env::var(name).ok().filter(set).or_else(|| of_file().filter(set))
    }

    /// What the file holds, for whoever looks that none of it is given away.
    pub fn of_file(&self) -> impl Iterator<Item = (&str, &SecretString)> {
        self.dotenv.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The variables that `model` needs and that are not set.
    pub fn unset(&self, model: &Model) -> Vec<String> {
        Keys::needed(model).into_iter().filter(|name| self.get(name).is_none()).collect()
    }
}

fn unread(file: &Path) -> String {
    format!("{}: lines of the form NAME=value were expected", file.display())
}

impl Keys {
    /// The environment variables without which `model` cannot be asked.
    pub fn needed(model: &Model) -> Vec<String> {
        let needed = variables(model).into_iter().filter(|variable| !variable.optional);
        needed.map(|variable| variable.name).collect()
    }

    /// Reads the keys that `models` need from the environment, and from the file `.env` beside it.
    ///
    /// # Errors
    /// When a variable is unset or empty.
    pub fn from_sources(models: &[Model], sources: &KeySources) -> Result<Self, KeyError> {
        Self::read(models, sources.root.clone(), |variable| sources.get(variable))
    }

    /// Reads the keys that `models` need with `lookup`, from variable to value.
    ///
    /// # Errors
    /// When a variable is unset or empty.
    pub fn from_lookup(models: &[Model], lookup: impl Fn(&str) -> Option<String>) -> Result<Self, KeyError> {
        Self::read(models, PathBuf::new(), lookup)
    }

    fn read(
        models: &[Model],
        root: PathBuf,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, KeyError> {
        let (mut secrets, mut places) = (BTreeMap::new(), BTreeMap::new());
        for model in models {
            for Variable { name, optional, place } in variables(model) {
                match lookup(&name).map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()) {
                    Some(value) if place => drop(places.insert(name, value)),
                    Some(key) => drop(secrets.insert(name, SecretString::from(key))),
                    None if optional => {}
                    None => return Err(KeyError { model: model.id.clone(), variable: name }),
                }
            }
        }
        Ok(Self(Arc::new(Secrets::new(secrets, places, root))))
    }

    pub(crate) fn secrets(&self) -> &Secrets {
        &self.0
    }
}

fn variables(model: &Model) -> Vec<Variable> {
    model.endpoint.as_ref().map(provider::variables).unwrap_or_default()
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Debug for KeySources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeySources").field("dotenv", &self.dotenv.keys()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(key_env: &str) -> Model {
        let text = format!(
            "id = \"m\"\nvendor = \"v\"\nweights = \"open\"\n[endpoint]\ndialect = \"openai-chat\"\n\
             base_url = \"http://m.example\"\nkey_env = \"{key_env}\"\nmodel = \"m\"\n\
             [limits]\ncontext = 10\noutput = 5\n"
        );
        toml::from_str(&text).unwrap()
    }

    /// `PATH` and `HOME` are set wherever tests run.
    #[test]
    fn the_environment_goes_before_the_file_and_the_file_is_never_shown() {
        use secrecy::ExposeSecret as _;
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join(".env"), "# keys\nexport OVERHANG_TEST_KEY='s e'\nPATH=other\n")
            .unwrap();
        let sources = KeySources::beside(folder.path()).unwrap();
        let held = |name: &str| {
            let keys = Keys::from_sources(&[model(name)], &sources)?;
            Ok::<_, KeyError>(keys.secrets().get(name).unwrap().expose_secret().to_owned())
        };
        assert_eq!(held("OVERHANG_TEST_KEY").unwrap(), "s e");
        assert_eq!(held("PATH").unwrap(), std::env::var("PATH").unwrap());
        assert_eq!(held("OVERHANG_TEST_KEX").unwrap_err().variable, "OVERHANG_TEST_KEX");
        assert_eq!(sources.unset(&model("OVERHANG_TEST_KEX")), ["OVERHANG_TEST_KEX"]);
        assert!(!format!("{sources:?}").contains("s e"));
        fs_err::write(folder.path().join(".env"), "sk-secret without a name\n").unwrap();
        let error = KeySources::beside(folder.path()).unwrap_err();
        assert!(error.contains(".env") && !error.contains("sk-secret"), "{error}");
        assert!(KeySources::beside(&folder.path().join("none")).is_ok());
    }
}
