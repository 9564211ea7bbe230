//! A job's container: created, followed and removed.

use std::collections::VecDeque;

use bollard::{
    container::LogOutput,
    models::{ContainerCreateBody, HealthConfig, HostConfig, HostConfigLogConfig},
    query_parameters::{AttachContainerOptionsBuilder, StartContainerOptions, WaitContainerOptions},
};
use futures_util::StreamExt;
use sandbox::{Ended, EngineError, Job, Owner, Progress};
use tokio::time::timeout;

use crate::{
    engine::DockerEngine,
    error::failed,
    labels::labels,
    quirks::Quirk,
    start::{bind, network, read_only, security},
};

/// Bytes of output kept: the last.
const MAX_OUTPUT: usize = 256 << 10;

/// Runs a job to its end.
pub(crate) async fn run(
    engine: &DockerEngine,
    job: Job<'_>,
    progress: Progress<'_>,
) -> Result<Ended, EngineError> {
    engine.check_disk(&job.name)?;
    let name = format!("overhang-{}-{}", job.name, uuid::Uuid::now_v7().simple());
    let container =
        engine.create(&name, body(&job, &engine.shared.owner, !engine.has_quirk(Quirk::NoSeccomp))).await?;
    let mut output = Output::default();
    let ended = timeout(job.limit, follow(engine, container.id(), &mut output, progress)).await;
    container.now().await?;
    let code = match ended {
        Ok(code) => Some(code?),
        Err(_) => None,
    };
    Ok(Ended { code, output: output.text() })
}

async fn follow(
    engine: &DockerEngine,
    id: &str,
    output: &mut Output,
    progress: Progress<'_>,
) -> Result<i64, EngineError> {
    let docker = &engine.docker;
    let options = AttachContainerOptionsBuilder::new().stream(true).stdout(true).stderr(true).build();
    let attached = docker.attach_container(id, Some(options)).await;
    let mut attached = attached.map_err(failed("attach to a container"))?;
    let started = docker.start_container(id, None::<StartContainerOptions>).await;
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
    let mut wait = docker.wait_container(id, None::<WaitContainerOptions>);
    match wait.next().await {
        Some(Ok(ended)) => Ok(ended.status_code),
        Some(Err(bollard::errors::Error::DockerContainerWaitError { code, .. })) => Ok(code),
        Some(Err(error)) => Err(failed("wait for a container")(error)),
        None => Err(EngineError::Lost { what: "a container".into(), reason: "its end was not told".into() }),
    }
}

/// The container's name for itself.
const HOSTNAME: &str = "pack";

fn body(job: &Job<'_>, owner: &Owner, seccomp: bool) -> ContainerCreateBody {
    let mut mounts: Vec<_> =
        job.reads.iter().map(|file| read_only(file.path.to_string_lossy(), &file.at)).collect();
    mounts.extend(job.fills.iter().map(|file| bind(file.path.to_string_lossy(), &file.at)));
    ContainerCreateBody {
        image: Some(job.image.to_owned()),
        hostname: Some(HOSTNAME.into()),
        user: Some(job.user.clone()),
        env: Some(job.env.iter().map(|(name, value)| format!("{name}={value}")).collect()),
        entrypoint: Some(job.command.clone()),
        cmd: Some(Vec::new()),
        working_dir: Some(job.workdir.clone()),
        labels: Some(labels(&job.labels, owner)),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        healthcheck: Some(HealthConfig { test: Some(vec!["NONE".into()]), ..Default::default() }),
        host_config: Some(HostConfig {
            log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
            mounts: Some(mounts),
            cap_drop: Some(vec!["ALL".into()]),
            cap_add: Some(vec!["CHOWN".into(), "DAC_OVERRIDE".into(), "FOWNER".into()]),
            security_opt: Some(security(false, seccomp)),
            ..network(job.network, HOSTNAME)
        }),
        ..Default::default()
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
