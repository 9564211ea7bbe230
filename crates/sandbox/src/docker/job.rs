//! A container that runs one command to its end, without a guest: what packs are built and checked in.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use bollard::{
    container::LogOutput,
    models::{ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig, Mount},
    query_parameters::{AttachContainerOptionsBuilder, StartContainerOptions, WaitContainerOptions},
};
use futures_util::StreamExt;
use tokio::time::timeout;

use crate::{
    engine::Engine,
    error::{EngineError, failed},
    image::Progress,
    labels::Labels,
    start::Network,
};

/// Bytes of output kept: the last.
const MAX_OUTPUT: usize = 256 << 10;

/// A command and the container it runs in.
pub(crate) struct Job<'a> {
    pub(crate) image: &'a str,
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) command: Vec<String>,
    pub(crate) env: HashMap<String, String>,
    pub(crate) workdir: String,
    pub(crate) user: String,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) network: Network,
    pub(crate) limit: Duration,
}

/// How a job ended.
pub(crate) struct Ended {
    /// Exit code; `None` when the time was up.
    pub(crate) code: Option<i64>,
    /// Standard output and error as they came, the end of it.
    pub(crate) output: String,
}

impl Engine {
    /// Runs a job, telling each line of its output, and removes the container.
    pub(crate) async fn run_to_end(
        &self,
        job: Job<'_>,
        progress: Progress<'_>,
    ) -> Result<Ended, EngineError> {
        let limit = job.limit;
        let container = self.create(&job.name, job.body(&self.shared.owner)).await?;
        let mut output = Output::default();
        let ended = timeout(limit, self.follow(container.id(), &mut output, progress)).await;
        container.now().await?;
        let code = match ended {
            Ok(code) => Some(code?),
            Err(_) => None,
        };
        Ok(Ended { code, output: output.text() })
    }

    async fn follow(
        &self,
        id: &str,
        output: &mut Output,
        progress: Progress<'_>,
    ) -> Result<i64, EngineError> {
        let options = AttachContainerOptionsBuilder::new().stream(true).stdout(true).stderr(true).build();
        let mut attached =
            self.docker.attach_container(id, Some(options)).await.map_err(failed("attach to a container"))?;
        let started = self.docker.start_container(id, None::<StartContainerOptions>).await;
        started.map_err(failed("start a container"))?;
        while let Some(chunk) = attached.output.next().await {
            match chunk {
                Ok(LogOutput::StdOut { message } | LogOutput::StdErr { message }) => {
                    output.push(&message, progress)
                }
                Ok(_) => {}
                Err(error) => return Err(failed("show a container's output")(error)),
            }
        }
        let mut wait = self.docker.wait_container(id, None::<WaitContainerOptions>);
        match wait.next().await {
            Some(Ok(ended)) => Ok(ended.status_code),
            Some(Err(bollard::errors::Error::DockerContainerWaitError { code, .. })) => Ok(code),
            Some(Err(error)) => Err(failed("wait for a container")(error)),
            None => {
                Err(EngineError::Lost { what: "a container".into(), reason: "its end was not told".into() })
            }
        }
    }
}

impl Job<'_> {
    fn body(&self, owner: &crate::owner::Owner) -> ContainerCreateBody {
        ContainerCreateBody {
            image: Some(self.image.to_owned()),
            hostname: Some("pack".into()),
            user: Some(self.user.clone()),
            env: Some(self.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
            entrypoint: Some(self.command.clone()),
            cmd: Some(Vec::new()),
            working_dir: Some(self.workdir.clone()),
            labels: Some(self.labels.with_owner(owner)),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            healthcheck: Some(HealthConfig { test: Some(vec!["NONE".into()]), ..Default::default() }),
            host_config: Some(HostConfig {
                log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
                mounts: Some(self.mounts.clone()),
                cap_drop: Some(vec!["ALL".into()]),
                cap_add: Some(vec!["CHOWN".into(), "DAC_OVERRIDE".into(), "FOWNER".into()]),
                security_opt: Some(vec!["no-new-privileges".into()]),
                ..self.network.host_config()
            }),
            ..Default::default()
        }
    }
}

#[derive(Default)]
struct Output {
    kept: VecDeque<u8>,
    line: Vec<u8>,
}

impl Output {
    fn push(&mut self, bytes: &[u8], progress: Progress<'_>) {
        self.kept.extend(bytes);
        let surplus = self.kept.len().saturating_sub(MAX_OUTPUT);
        self.kept.drain(..surplus);
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => {
                    let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                    if !line.trim().is_empty() {
                        progress(&line);
                    }
                }
                byte if self.line.len() < 1000 => self.line.push(*byte),
                _ => {}
            }
        }
    }

    fn text(mut self) -> String {
        String::from_utf8_lossy(self.kept.make_contiguous()).into_owned()
    }
}
