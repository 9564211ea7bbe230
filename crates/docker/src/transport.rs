//! How the engine is reached: a local Unix socket, and one API version on every request.

use std::{env, path::PathBuf};

use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use hyperlocal::{UnixConnector, Uri};

use sandbox::EngineError;

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";
/// Builds and removals under load are slow; a hung engine is noticed all the same.
const ANSWER_TIMEOUT_SEC: u64 = 300;

/// A version of the engine's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ApiVersion {
    /// Before the dot.
    pub major: u16,
    /// After the dot.
    pub minor: u16,
}

/// Docker 20.10.
pub(crate) const OLDEST: ApiVersion = ApiVersion { major: 1, minor: 41 };
/// The newest whose shapes our client library knows.
pub(crate) const NEWEST: ApiVersion = ApiVersion { major: 1, minor: 53 };

impl std::fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl std::str::FromStr for ApiVersion {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
        Ok(Self { major: major.parse()?, minor: minor.parse()? })
    }
}

/// The version to speak with an engine that speaks `oldest` to `newest`: the newest both know.
pub(crate) fn choose_version(oldest: ApiVersion, newest: ApiVersion) -> Result<ApiVersion, EngineError> {
    let chosen = newest.min(NEWEST);
    if newest < OLDEST {
        return Err(EngineError::Refused {
            reason: format!("its API is {newest}, at least {OLDEST} (Docker 20.10) is needed"),
            fix: "install a newer engine",
        });
    }
    if chosen < oldest {
        return Err(EngineError::Refused {
            reason: format!("it speaks no API below {oldest}, this program none above {NEWEST}"),
            fix: "install a newer overhang",
        });
    }
    Ok(chosen)
}

/// The socket named by `DOCKER_HOST`, or the usual one.
pub(crate) fn socket(host: Option<&str>) -> Result<PathBuf, EngineError> {
    let Some(host) = host.filter(|host| !host.is_empty()) else { return Ok(DEFAULT_SOCKET.into()) };
    match host.strip_prefix("unix://") {
        Some(path) if path.starts_with('/') => Ok(path.into()),
        _ => Err(EngineError::Refused {
            reason: format!(
                "DOCKER_HOST is `{host}`, and a remote engine can neither mount packs nor be measured"
            ),
            fix: "unset DOCKER_HOST, or set it to unix:///path/of/the/socket of an engine on this machine",
        }),
    }
}

/// `DOCKER_HOST`, if set.
pub(crate) fn host_from_env() -> Option<String> {
    env::var("DOCKER_HOST").ok()
}

/// A client of the engine behind `socket`; with a version, every request's path starts with it.
///
/// bollard's own version ends at its address and never reaches the wire, hence the transport.
pub(crate) fn client(socket: PathBuf, version: Option<ApiVersion>) -> Result<Docker, bollard::errors::Error> {
    let http = Client::builder(TokioExecutor::new()).build::<_, _>(UnixConnector);
    let prefix = version.map(|version| format!("/v{version}")).unwrap_or_default();
    Docker::connect_with_custom_transport(
        move |request: BollardRequest| {
            let (mut parts, body) = request.into_parts();
            let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
            parts.uri = Uri::new(&socket, &format!("{prefix}{path}")).into();
            let answer = http.request(BollardRequest::from_parts(parts, body));
            async move { answer.await.map_err(bollard::errors::Error::from) }
        },
        Some("http://engine"),
        ANSWER_TIMEOUT_SEC,
        API_DEFAULT_VERSION,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> ApiVersion {
        text.parse().unwrap()
    }

    #[test]
    fn the_newest_common_version_is_chosen() {
        let chosen = |oldest, newest| choose_version(version(oldest), version(newest)).map(|v| v.to_string());
        assert_eq!(chosen("1.12", "1.41").unwrap(), "1.41");
        assert_eq!(chosen("1.44", "1.52").unwrap(), "1.52");
        assert_eq!(chosen("1.44", "1.99").unwrap(), NEWEST.to_string());
        assert!(chosen("1.12", "1.40").unwrap_err().to_string().contains("at least 1.41"));
        assert!(chosen("1.60", "1.99").unwrap_err().to_string().contains("install a newer overhang"));
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(version("1.9") < version("1.41"));
        assert!("1.x".parse::<ApiVersion>().is_err());
    }

    #[test]
    fn only_a_local_socket_is_taken() {
        assert_eq!(socket(None).unwrap(), PathBuf::from(DEFAULT_SOCKET));
        assert_eq!(
            socket(Some("unix:///run/user/1/docker.sock")).unwrap(),
            PathBuf::from("/run/user/1/docker.sock")
        );
        for remote in ["tcp://10.0.0.1:2375", "ssh://somewhere", "unix://relative"] {
            assert!(socket(Some(remote)).unwrap_err().to_string().contains(remote));
        }
    }
}
