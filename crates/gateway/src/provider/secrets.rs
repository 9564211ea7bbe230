//! What proves who asks, in memory only.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use secrecy::{ExposeSecret as _, SecretString};
use spec::model::Endpoint;
use tokio::time::Instant;

use super::{Failure, fresh::Fresh, source};

/// Secrets by the environment variable that holds them, and those that are had as they are needed. `Debug` shows the
/// variables only.
#[derive(Default)]
pub(crate) struct Secrets {
    variables: BTreeMap<String, SecretString>,
    /// Variables that say where something is: no secrets.
    places: BTreeMap<String, String>,
    /// Where relative paths and commands begin.
    root: PathBuf,
    renewed: Mutex<BTreeMap<String, Arc<Slot>>>,
    /// All that were had otherwise than from a variable, ended ones too: each may be quoted.
    had: Mutex<Vec<SecretString>>,
}

/// One secret that ends. Who finds it ended gets the next one, and the others wait for that.
type Slot = tokio::sync::Mutex<Option<Kept>>;

struct Kept {
    secret: SecretString,
    renew_at: Instant,
    ends_at: Instant,
}

impl Secrets {
    pub(crate) fn new(
        variables: BTreeMap<String, SecretString>,
        places: BTreeMap<String, String>,
        root: PathBuf,
    ) -> Self {
        Self { variables, places, root, ..Self::default() }
    }

    pub(crate) fn get(&self, variable: &str) -> Option<&SecretString> {
        self.variables.get(variable)
    }

    /// A variable that says where something is.
    pub(super) fn place(&self, variable: &str) -> Option<&str> {
        self.places.get(variable).map(String::as_str)
    }

    /// The endpoint's key; `None` where it has none.
    pub(super) async fn key(&self, endpoint: &Endpoint) -> Result<Option<SecretString>, Failure> {
        if let Some(variable) = &endpoint.key_env {
            return Ok(self.get(variable).cloned());
        }
        if let Some(file) = &endpoint.key_file {
            return self.file(file).await.map(Some);
        }
        let Some(command) = &endpoint.key_command else { return Ok(None) };
        let id = format!("command {command:?}");
        self.renewed(&id, || source::command(command, &self.root)).await.map(Some)
    }

    /// What a file holds.
    pub(super) async fn file(&self, path: &str) -> Result<SecretString, Failure> {
        let id = format!("file {path}");
        self.renewed(&id, || source::file(self.root.join(path))).await
    }

    /// A secret that is had from `fetch` and kept until it is to be renewed. One that cannot be renewed yet is used to
    /// its end.
    pub(super) async fn renewed<F>(
        &self,
        id: &str,
        fetch: impl FnOnce() -> F,
    ) -> Result<SecretString, Failure>
    where
        F: Future<Output = Result<Fresh, Failure>>,
    {
        let slot = Arc::clone(lock(&self.renewed).entry(id.to_owned()).or_default());
        let mut slot = slot.lock().await;
        let now = Instant::now();
        if let Some(kept) = slot.as_ref().filter(|kept| now < kept.renew_at) {
            return Ok(kept.secret.clone());
        }
        match fetch().await {
            Ok(Fresh { secret, renew, ends }) => {
                self.remember(&secret);
                *slot = Some(Kept { secret: secret.clone(), renew_at: now + renew, ends_at: now + ends });
                Ok(secret)
            }
            Err(failure) => match slot.as_ref().filter(|kept| now < kept.ends_at) {
                Some(kept) => {
                    tracing::warn!(detail = failure.detail, "a token could not be renewed yet");
                    Ok(kept.secret.clone())
                }
                None => Err(failure),
            },
        }
    }

    /// Has a secret taken out of what providers send.
    pub(super) fn remember(&self, secret: &SecretString) {
        let mut had = lock(&self.had);
        let known = had.iter().any(|known| known.expose_secret() == secret.expose_secret());
        if !known && !secret.expose_secret().is_empty() {
            had.push(secret.clone());
        }
    }

    /// Takes every secret out of a text that a provider sent: some quote the key they refuse.
    pub(crate) fn redact(&self, text: &str) -> String {
        let had = lock(&self.had);
        let secrets = self.variables.values().chain(had.iter()).map(|secret| secret.expose_secret());
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "[key]"))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use std::time::Duration;

    use dialect::ErrorKind;

    use super::*;

    const LIFE: Duration = Duration::from_secs(3600);

    /// The token number `count`, or a failure where `fails`.
    async fn token(count: &AtomicU32, fails: bool) -> Result<Fresh, Failure> {
        let number = count.fetch_add(1, Relaxed);
        tokio::task::yield_now().await;
        if fails {
            return Err(Failure::new(ErrorKind::Upstream, "the token server is down"));
        }
        Ok(Fresh::ending(SecretString::from(format!("token-{number}")), LIFE))
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_before_it_ends_and_used_to_its_end_where_it_cannot_be() {
        let (secrets, count) = (Secrets::default(), AtomicU32::new(0));
        let get = async |fails| {
            let token = secrets.renewed("t", || token(&count, fails)).await;
            token.map(|token| token.expose_secret().to_owned()).map_err(|failure| failure.detail)
        };
        assert_eq!(get(false).await.unwrap(), "token-0");
        tokio::time::advance(LIFE - Duration::from_secs(301)).await;
        assert_eq!(get(false).await.unwrap(), "token-0");
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(get(true).await.unwrap(), "token-0", "it still holds");
        assert_eq!(get(false).await.unwrap(), "token-2");
        tokio::time::advance(LIFE).await;
        assert_eq!(get(true).await.unwrap_err(), "the token server is down");
        assert_eq!(secrets.redact("I refuse token-0 and token-2"), "I refuse [key] and [key]");
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_ask_at_once_get_one_token() {
        let (secrets, count) = (Secrets::default(), AtomicU32::new(0));
        let both = tokio::join!(
            secrets.renewed("t", || token(&count, false)),
            secrets.renewed("t", || token(&count, false))
        );
        assert_eq!(both.0.unwrap().expose_secret(), both.1.unwrap().expose_secret());
        assert_eq!(count.load(Relaxed), 1);
    }
}
