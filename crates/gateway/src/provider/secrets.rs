//! What proves who asks, in memory only.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

/// Secrets by the environment variable that holds them. `Debug` shows the variables only.
#[derive(Clone, Default)]
pub(crate) struct Secrets(BTreeMap<String, SecretString>);

impl Secrets {
    pub(crate) fn get(&self, variable: &str) -> Option<&SecretString> {
        self.0.get(variable)
    }

    /// Takes every secret out of a text that a provider sent: some quote the key they refuse.
    pub(crate) fn redact(&self, text: &str) -> String {
        let secrets = self.0.values().map(|secret| secret.expose_secret());
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "[key]"))
    }
}

impl FromIterator<(String, SecretString)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (String, SecretString)>>(secrets: I) -> Self {
        Self(secrets.into_iter().collect())
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
