//! What differs in a container from its image, as far as it can be listed.

use std::{
    io,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use bollard::{
    models::{ContainerInspectResponse, MountPoint},
    query_parameters::InspectContainerOptions,
};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use hyperlocal::{UnixConnector, Uri};
use sandbox::{Change, ChangeKind, Changes, EngineError};
use serde::Deserialize;

use crate::{
    engine::DockerEngine,
    mounted,
    quirks::Quirk,
    upper::{self, Layers, Mounted},
};

/// Bytes read of the engine's answer: an agent can make it as long as it likes.
const MOST: usize = 8 << 20;
/// How long the engine may look: without an overlay of its own kind it compares whole trees.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the engine, or we through it, put into a container.
const OURS: [&str; 9] = [
    "/.overhang",
    "/.dockerenv",
    "/opt/overhang",
    "/dev",
    "/proc",
    "/sys",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/resolv.conf",
];

/// A change as the engine tells it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    path: String,
    kind: u8,
}

impl From<Told> for Change {
    fn from(Told { path, kind }: Told) -> Self {
        let kind = match kind {
            0 => ChangeKind::Changed,
            1 => ChangeKind::Added,
            _ => ChangeKind::Deleted,
        };
        Self { path, kind }
    }
}

impl DockerEngine {
    /// What programs changed in a container: read off its layers where we may, else asked of the engine.
    ///
    /// # Errors
    /// If the engine does not answer, or not in time.
    pub(crate) async fn changes(&self, id: &str, layers: Option<Layers>) -> Result<Changes, EngineError> {
        let lost =
            |reason: String| EngineError::Lost { what: "the list of a container's changes".into(), reason };
        if let Some(layers) = layers
            && let Ok(Ok(Both { layer, mounts })) =
                tokio::task::spawn_blocking(move || Both::of(&layers)).await
        {
            let mut changes = layer.by_programs(&OURS);
            changes.listed.extend(mounts.listed);
            changes.complete &= mounts.complete;
            return Ok(changes);
        }
        if self.has_quirk(Quirk::SlowChanges) {
            return Err(lost("this engine compares layers file by file".into()));
        }
        let looked = tokio::time::timeout(PATIENCE, self.read_changes(id)).await;
        let (answer, whole) = looked
            .map_err(|_| lost(format!("it took more than {} s", PATIENCE.as_secs())))?
            .map_err(|error| lost(error.to_string()))?;
        Ok(Changes { listed: parse(&answer), complete: whole }.by_programs(&OURS))
    }

    /// Where the engine keeps what a container may write, made ready at a time; `None` where it does not say, or its
    /// layers are no overlay.
    pub(crate) async fn layers(&self, id: &str, since: SystemTime) -> Option<Layers> {
        let inspected = self.docker.inspect_container(id, None::<InspectContainerOptions>).await.ok()?;
        let volumes = volumes(&inspected);
        let files = [
            (inspected.hosts_path, "/etc/hosts"),
            (inspected.hostname_path, "/etc/hostname"),
            (inspected.resolv_conf_path, "/etc/resolv.conf"),
        ];
        let files = files.into_iter().filter_map(|(path, at)| {
            let source = path.filter(|path| path.starts_with('/'))?.into();
            Some(Mounted { source, at: at.to_owned() })
        });
        let driver = inspected.graph_driver.filter(|driver| driver.name == "overlay2")?;
        let path = |name: &str| driver.data.get(name).filter(|path| path.starts_with('/'));
        let lower = path("LowerDir")?.split(':').map(PathBuf::from).collect();
        Some(Layers { upper: path("UpperDir")?.into(), lower, volumes, files: files.collect(), since })
    }

    /// The volumes of a container; none where the engine does not say.
    pub(crate) async fn volumes(&self, id: &str) -> Vec<Mounted> {
        let inspected = self.docker.inspect_container(id, None::<InspectContainerOptions>).await;
        inspected.map(|inspected| volumes(&inspected)).unwrap_or_default()
    }

    /// The answer's first bytes, and whether they are all. Our client library would keep whatever comes.
    async fn read_changes(
        &self,
        id: &str,
    ) -> Result<(Vec<u8>, bool), Box<dyn std::error::Error + Send + Sync>> {
        let (socket, api) = self.address();
        let http: Client<UnixConnector, Empty<Bytes>> =
            Client::builder(TokioExecutor::new()).build(UnixConnector);
        let uri = Uri::new(socket, &format!("/v{api}/containers/{id}/changes"));
        let answer = http.get(uri.into()).await?;
        if !answer.status().is_success() {
            return Err(format!("status {}", answer.status()).into());
        }
        let (mut body, mut kept) = (answer.into_body(), Vec::new());
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            kept.extend_from_slice(&data);
            if kept.len() > MOST {
                return Ok((kept, false));
            }
        }
        Ok((kept, true))
    }
}

/// What differs in a container's own layer, and in what is mounted there for it to write.
struct Both {
    layer: Changes,
    mounts: Changes,
}

impl Both {
    fn of(layers: &Layers) -> io::Result<Self> {
        Ok(Self { layer: upper::changes(layers)?, mounts: mounted::changes(layers)? })
    }
}

fn volumes(inspected: &ContainerInspectResponse) -> Vec<Mounted> {
    let volume = |mount: &MountPoint| {
        let source = mount.source.clone().filter(|_| mount.typ.as_deref() == Some("volume"))?;
        Some(Mounted { source: source.into(), at: mount.destination.clone()? })
    };
    inspected.mounts.iter().flatten().filter_map(volume).collect()
}

/// The whole entries of an answer that may be cut short; `null` is none.
fn parse(answer: &[u8]) -> Vec<Change> {
    let Some(start) = answer.iter().position(|&byte| byte == b'[') else { return Vec::new() };
    // An array cannot be read in part: its elements can, one after the other.
    let mut rest = &answer[start + 1..];
    let mut found = Vec::new();
    loop {
        let mut elements = serde_json::Deserializer::from_slice(rest).into_iter::<Told>();
        let Some(Ok(change)) = elements.next() else { return found };
        rest = &rest[elements.byte_offset()..];
        found.push(change.into());
        match rest.iter().position(|&byte| byte == b',') {
            Some(comma) => rest = &rest[comma + 1..],
            None => return found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_cut_anywhere_gives_its_whole_entries() {
        let answer = br#"[{"Path":"/etc","Kind":0},{"Path":"/etc/a,b]","Kind":1},{"Path":"/x","Kind":2}]"#;
        let lines = |answer: &[u8]| -> Vec<String> {
            parse(answer).iter().map(|change| format!("{}{}", change.kind.sign(), change.path)).collect()
        };
        assert_eq!(lines(answer), ["~/etc", "+/etc/a,b]", "-/x"]);
        for cut in 0..answer.len() {
            assert!(lines(answer).starts_with(&lines(&answer[..cut])), "{cut}");
        }
        assert_eq!(lines(b"null"), [""; 0]);
        assert_eq!(lines(b"[]"), [""; 0]);
    }
}
