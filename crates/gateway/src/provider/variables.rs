//! The environment variables that are read for a provider.

use spec::model::{Auth, Endpoint};

/// Variables that hold AWS's two keys and the token of a session.
pub(super) const AWS: [&str; 3] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
/// Names the file of a Google service account.
pub(super) const GOOGLE_CREDENTIALS: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// Another host of Google Cloud's metadata server.
pub(super) const METADATA_HOST: &str = "GCE_METADATA_HOST";

/// An environment variable that is read for a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// Whether it may be unset.
    pub(crate) optional: bool,
    /// Whether it says where something is, and is no secret itself.
    pub(crate) place: bool,
}

/// The variables without which an endpoint cannot be asked, and those that are read where they are set.
pub(crate) fn variables(endpoint: &Endpoint) -> Vec<Variable> {
    let secret = |name: &str, optional| Variable { name: name.to_owned(), optional, place: false };
    let place = |name: &str, optional| Variable { name: name.to_owned(), optional, place: true };
    match endpoint.auth() {
        Auth::None => Vec::new(),
        Auth::Bearer | Auth::XApiKey | Auth::ApiKey | Auth::XGoogApiKey => {
            endpoint.key_env.iter().map(|name| secret(name, false)).collect()
        }
        Auth::Sigv4 if endpoint.key_file.is_some() || endpoint.key_command.is_some() => Vec::new(),
        Auth::Sigv4 => {
            let [id, key, token] = AWS;
            vec![secret(id, false), secret(key, false), secret(token, true)]
        }
        Auth::ServiceAccount if endpoint.key_file.is_some() => Vec::new(),
        Auth::ServiceAccount => vec![place(GOOGLE_CREDENTIALS, false)],
        Auth::Metadata => vec![place(METADATA_HOST, true)],
    }
}
