//! What a recipe sees of this machine: certificates, and the mirrors and proxies its user has set.

use std::{collections::HashMap, env, path::PathBuf};

use super::PackError;
use crate::job::LocalFile;

/// Where the certificates are found.
const CA_PLACE: &str = "/run/ca-bundle.crt";
/// What package managers and HTTP libraries read the path of the certificates from.
const CA_VARIABLES: [&str; 6] = [
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "npm_config_cafile",
];
/// Passed on when set.
const PASSED: [&str; 12] = [
    "npm_config_registry",
    "NPM_CONFIG_REGISTRY",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_TRUSTED_HOST",
    "UV_INDEX_URL",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Environment and files for a recipe.
pub(super) struct Access {
    pub(super) env: HashMap<String, String>,
    pub(super) reads: Vec<LocalFile>,
}

/// Reads this process's environment.
pub(super) fn access() -> Result<Access, PackError> {
    from_variables(|name| env::var(name).ok().filter(|value| !value.is_empty()))
}

fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Access, PackError> {
    let mut env: HashMap<String, String> =
        PASSED.iter().filter_map(|name| Some(((*name).to_owned(), variable(name)?))).collect();
    let mut reads = Vec::new();
    if let Some(bundle) = ca_bundle(&variable)? {
        reads.push(LocalFile { path: bundle, at: CA_PLACE.to_owned() });
        env.extend(CA_VARIABLES.map(|name| (name.to_owned(), CA_PLACE.to_owned())));
    }
    Ok(Access { env, reads })
}

/// `OVERHANG_CA_BUNDLE`, else `SSL_CERT_FILE`, else the system's bundle; the first must exist if set.
fn ca_bundle(variable: impl Fn(&str) -> Option<String>) -> Result<Option<PathBuf>, PackError> {
    if let Some(asked) = variable("OVERHANG_CA_BUNDLE").map(PathBuf::from) {
        // An engine follows no link of this machine.
        return asked.canonicalize().map(Some).map_err(|_| PackError::CaBundle(asked));
    }
    let usual = [variable("SSL_CERT_FILE"), Some("/etc/ssl/certs/ca-certificates.crt".into())];
    Ok(usual
        .into_iter()
        .flatten()
        .find_map(|path| PathBuf::from(path).canonicalize().ok())
        .filter(|path| path.is_file()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_bundle_is_used_or_told_missing() {
        let bundle = tempfile::NamedTempFile::new().unwrap();
        let path = bundle.path().canonicalize().unwrap().display().to_string();
        let access = from_variables(|name| (name == "OVERHANG_CA_BUNDLE").then(|| path.clone())).unwrap();
        assert_eq!(access.reads, [LocalFile { path: path.clone().into(), at: CA_PLACE.to_owned() }]);
        assert!(CA_VARIABLES.iter().all(|name| access.env[*name] == CA_PLACE));
        let missing = from_variables(|name| (name == "OVERHANG_CA_BUNDLE").then(|| "/none".to_owned()));
        assert!(missing.err().unwrap().to_string().contains("/none"));
    }

    #[test]
    fn only_mirrors_and_proxies_are_passed_on() {
        let access =
            from_variables(|name| (name != "OVERHANG_CA_BUNDLE").then(|| "value".to_owned())).unwrap();
        assert_eq!(access.env["PIP_INDEX_URL"], "value");
        assert!(!access.env.keys().any(|name| name.contains("KEY") || name.contains("TOKEN")));
    }
}
