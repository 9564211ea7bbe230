//! Collecting a workspace of 100 MB in 10,000 files through the guest, against the engine's own archive of it (what
//! `docker cp` asks for), both written to a file: the ratio within one run.
//!
//! `cargo bench -p docker --bench collect`; needs the engine and the images that `scripts/setup` makes.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where something is wrong"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use bollard::{Docker, query_parameters::DownloadFromContainerOptionsBuilder};
use docker::{DockerEngine, Settings};
use futures_util::StreamExt;
use sandbox::guest::{CollectRequest, ExecRequest, FileLimits};
use sandbox::{Engine, Labels, Sandbox, StartSpec};
use tokio::io::AsyncWriteExt;

const ROUNDS: usize = 7;

const MAKE: &str = "mkdir -p /app/work && cd /app/work && for d in $(seq 100); do mkdir $d; \
                    head -c 1000000 /dev/urandom | split -b 10000 -a 3 - $d/; done; find . -type f | wc -l";

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { data: folder.path().into(), ..Settings::from_env() };
    let engine = DockerEngine::connect_with(settings).await.unwrap();
    let docker = Docker::connect_with_local_defaults().unwrap();
    let labels = Labels { run: "bench".into(), trial: "collect".into() };
    let spec = StartSpec::new("overhang/base:1", "bench", labels);
    let sandbox = engine.start(spec).await.unwrap();
    let mut make = ExecRequest::new(["/bin/bash", "-c", MAKE]);
    make.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
    let made = sandbox.guest().exec(make).await.unwrap();
    assert_eq!(made.stdout.kept(), b"10000\n", "{made:?}");

    let archive = folder.path().join("archive.tar");
    let (mut guest, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        // In turn, so that a busy moment of the machine meets both.
        guest.push(timed(through_the_guest(&*sandbox, &archive)).await);
        floor.push(timed(through_the_engine(&docker, sandbox.id(), &archive)).await);
    }
    sandbox.remove().await.unwrap();
    let (guest, floor) = (median(&mut guest), median(&mut floor));
    println!("collecting 100 MB in 10,000 files, median of {ROUNDS}");
    println!("  guest             {guest:?}");
    println!("  engine's archive  {floor:?}");
    println!("  ratio             {:.2} times as fast", floor.as_secs_f64() / guest.as_secs_f64());
    println!("figure collect/guest {:.2} ms", guest.as_secs_f64() * 1e3);
    println!("figure collect/ratio {:.4} of-archive", guest.as_secs_f64() / floor.as_secs_f64());
}

async fn through_the_guest(sandbox: &dyn Sandbox, archive: &Path) {
    let request =
        CollectRequest { roots: vec!["/app/work".into()], exclude: Vec::new(), limits: FileLimits::NONE };
    let collection = sandbox.guest().collect(request, archive).await.unwrap();
    assert_eq!(collection.total.bytes, 100_000_000);
}

async fn through_the_engine(docker: &Docker, id: &str, archive: &Path) {
    let options = DownloadFromContainerOptionsBuilder::new().path("/app/work").build();
    let mut chunks = docker.download_from_container(id, Some(options));
    let mut file = tokio::fs::File::create(archive).await.unwrap();
    while let Some(chunk) = chunks.next().await {
        file.write_all(&chunk.unwrap()).await.unwrap();
    }
    file.sync_all().await.unwrap();
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let began = Instant::now();
    work.await;
    began.elapsed()
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
