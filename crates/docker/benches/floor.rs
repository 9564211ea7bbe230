//! What the sandbox costs over what the engine costs anyway, as ratios within one run.
//!
//! - A command: `true` through the guest, against the engine's own exec (create, start, read to the end, inspect).
//! - A container: start, one command and removal through the sandbox, against create, attach, start and removal of the
//!   same image without a network, over the same API.
//!
//! `cargo bench -p docker`; needs the engine and the images that `scripts/setup` makes.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where something is wrong"
)]

#[path = "floor/raw.rs"]
mod raw;

use std::{
    env,
    time::{Duration, Instant},
};

use bollard::{
    Docker,
    exec::{CreateExecOptions, StartExecResults},
};
use docker::{DockerEngine, Settings};
use futures_util::{StreamExt, future::join_all};
use sandbox::{Engine, Labels, Sandbox, StartSpec, guest::ExecRequest};

const IMAGE: &str = "overhang/base:1";
const COMMANDS: usize = 1000;
const ENGINE_COMMANDS: usize = 50;
const CONTAINERS: usize = 20;
const AT_ONCE: usize = 64;

#[tokio::main]
async fn main() {
    let settings = Settings { data: env::temp_dir().join("overhang-bench"), ..Settings::from_env() };
    let engine = DockerEngine::connect_with(settings).await.unwrap();
    let docker = Docker::connect_with_local_defaults().unwrap();

    let sandbox = start(&engine).await;
    let guest = repeat(COMMANDS, async || command(&*sandbox).await).await;
    let exec = repeat(ENGINE_COMMANDS, async || engine_command(&docker, sandbox.id()).await).await;
    sandbox.remove().await.unwrap();
    println!("command `true`, one at a time, in one container");
    row("guest", &guest);
    row("engine's exec", &exec);
    println!("  ratio of medians: {:.1} times faster\n", ratio(&exec, &guest));
    figure("command", &guest, &exec);

    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..CONTAINERS {
        // In turn, so that a busy moment of the machine meets both.
        floor.extend(repeat(1, async || raw::container(&docker, IMAGE).await).await);
        ours.extend(repeat(1, async || whole_sandbox(&engine).await).await);
    }
    println!("container, from create to removed");
    row("sandbox, with one command", &ours);
    row("engine's floor", &floor);
    println!("  ratio of medians: {:.2}\n", ratio(&ours, &floor));
    figure("container", &ours, &floor);

    let begun = Instant::now();
    let sandboxes = join_all((0..AT_ONCE).map(|_| start(&engine))).await;
    println!(
        "{AT_ONCE} containers asked for at once, all running after {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    for removed in join_all(sandboxes.into_iter().map(|sandbox| sandbox.remove())).await {
        removed.unwrap();
    }
    println!("all removed after {:.1} s", begun.elapsed().as_secs_f64());
}

async fn start(engine: &DockerEngine) -> Box<dyn Sandbox> {
    let labels = Labels { run: "bench".into(), trial: "floor".into() };
    let spec = StartSpec::new(IMAGE, "bench", labels);
    engine.start(spec).await.unwrap()
}

async fn command(sandbox: &dyn Sandbox) {
    sandbox.guest().exec(ExecRequest::new(["/usr/bin/true"])).await.unwrap();
}

async fn engine_command(docker: &Docker, id: &str) {
    let options = CreateExecOptions {
        cmd: Some(vec!["/usr/bin/true"]),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..Default::default()
    };
    let exec = docker.create_exec(id, options).await.unwrap().id;
    if let StartExecResults::Attached { mut output, .. } = docker.start_exec(&exec, None).await.unwrap() {
        while output.next().await.is_some() {}
    }
    docker.inspect_exec(&exec).await.unwrap();
}

async fn whole_sandbox(engine: &DockerEngine) {
    let sandbox = start(engine).await;
    command(&*sandbox).await;
    sandbox.remove().await.unwrap();
}

/// The times of `count` calls.
async fn repeat(count: usize, mut call: impl AsyncFnMut()) -> Vec<Duration> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        call().await;
        times.push(begun.elapsed());
    }
    times
}

fn row(name: &str, times: &[Duration]) {
    let milliseconds = |part| quantile(times, part).as_secs_f64() * 1e3;
    println!(
        "  {name:<26} p50 {:>8.2} ms   p90 {:>8.2} ms   n {}",
        milliseconds(50),
        milliseconds(90),
        times.len()
    );
}

/// For `scripts/bench`.
fn figure(name: &str, ours: &[Duration], floor: &[Duration]) {
    println!("figure floor/{name} {:.4} ms", quantile(ours, 50).as_secs_f64() * 1e3);
    println!("figure floor/{name}/ratio {:.4} of-floor", ratio(ours, floor));
}

fn quantile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[(times.len() - 1) * percent / 100]
}

fn ratio(of: &[Duration], to: &[Duration]) -> f64 {
    quantile(of, 50).as_secs_f64() / quantile(to, 50).as_secs_f64()
}
