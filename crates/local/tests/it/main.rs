//! Sandboxes without containers. Needs root.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test where something is wrong"
)]

use std::{path::PathBuf, time::Duration};

use local::{IMAGE, LocalEngine};
use sandbox::{
    Engine, EngineError, Labels, Network, Sandbox, SandboxState, StartSpec,
    guest::{End, ExecRequest, User},
};

fn engine() -> LocalEngine {
    let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("local");
    LocalEngine::new(data).unwrap_or_else(|error| panic!("{error}"))
}

fn spec(trial: &str) -> StartSpec {
    let labels = Labels { run: "local".into(), trial: trial.into() };
    StartSpec { workdir: Some("/app/deep".into()), ..StartSpec::new(IMAGE, trial, labels) }
}

fn shell(script: &str) -> ExecRequest {
    let mut request = ExecRequest::new(["bash", "-c", script]);
    request.env = vec![("PATH".into(), "/usr/sbin:/usr/bin:/sbin:/bin".into())];
    request.cwd = "/app/deep".into();
    request
}

/// Standard output of a script that must succeed.
async fn output(sandbox: &dyn Sandbox, request: ExecRequest) -> String {
    let outcome = sandbox.guest().exec(request).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    assert_eq!(outcome.end, End::Exited(0), "{}", text(outcome.stderr.kept()));
    text(outcome.stdout.kept())
}

#[tokio::test]
async fn each_has_directories_processes_users_and_a_loopback_of_its_own() {
    let engine = engine();
    let (one, other) = (engine.start(spec("one")).await.unwrap(), engine.start(spec("other")).await.unwrap());
    output(&*one, shell("echo mine > /tests; echo mine > /app/deep/file; echo mine > /tmp/file")).await;
    assert_eq!(
        output(&*other, shell("pwd; ls -A / /app/deep /tmp | grep -c mine || true")).await,
        "/app/deep\n0"
    );
    assert_eq!(output(&*other, shell("ls -A /app/deep /tmp")).await, "/app/deep:\n\n/tmp:");
    assert_eq!(
        output(&*other, shell("cat /proc/1/comm; hostname; ls /sys/class/net")).await,
        "guest\ntask\nlo"
    );
    let mut nobody = shell("id -un; ! touch /app/x 2>/dev/null");
    nobody.user = User::Named("nobody".into());
    assert_eq!(output(&*other, nobody).await, "nobody");
    for sandbox in [&one, &other] {
        let listens = "python3 -c 'import socket; s = socket.create_server((\"127.0.0.1\", 5000)); \
                       socket.create_connection((\"127.0.0.1\", 5000)); print(\"reached\")'";
        assert_eq!(output(&**sandbox, shell(listens)).await, "reached");
    }
    assert_eq!(engine.list(Some("local")).await.unwrap().len(), 2);
    one.remove().await.unwrap();
    drop(other);
    assert_eq!(engine.list(None).await.unwrap(), []);
}

#[tokio::test]
async fn programs_may_do_no_more_than_in_a_container() {
    let sandbox = engine().start(spec("privileges")).await.unwrap();
    let told =
        output(&*sandbox, shell("mount -t tmpfs none /mnt 2>&1 || touch /usr/x 2>&1 || echo refused")).await;
    assert!(told.ends_with("refused"), "{told}");
    sandbox.remove().await.unwrap();
}

#[tokio::test]
async fn one_that_is_removed_under_way_is_lost_and_leaves_nothing() {
    let engine = engine();
    let sandbox = engine.start(spec("lost")).await.unwrap();
    let marker = format!("sleep 10{}", std::process::id());
    let running = sandbox.guest().start(shell(&marker)).unwrap();
    engine.remove(sandbox.id()).await.unwrap();
    assert!(running.outcome().await.is_err());
    assert!(matches!(sandbox.state().await.unwrap(), SandboxState::Ended { oom_killed: false, .. }));
    sandbox.remove().await.unwrap();
    let gone = async {
        while lives(&marker) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.unwrap();
}

/// Whether a process of this machine has this command line.
fn lives(command: &str) -> bool {
    let wanted: Vec<u8> = command.replace(' ', "\0").into_bytes();
    fs_err::read_dir("/proc").unwrap().flatten().any(|entry| {
        let line = fs_err::read(entry.path().join("cmdline"));
        line.is_ok_and(|line| line.starts_with(&wanted))
    })
}

#[tokio::test]
async fn what_it_cannot_do_is_refused_and_faults_come_as_asked_for() {
    let engine = engine();
    for bad in [
        StartSpec { image: "overhang/base:1".into(), ..spec("image") },
        StartSpec { network: Network::Open, ..spec("network") },
        StartSpec { writable: Some(Vec::new()), ..spec("root") },
    ] {
        assert!(matches!(engine.start(bad).await.err().unwrap(), EngineError::Refused { .. }));
    }
    engine.fail_starts(1);
    assert!(engine.start(spec("fails")).await.is_err());
    let sandbox = engine.start(spec("starts")).await.unwrap();
    engine.set_away(true);
    assert!(engine.check().await.is_err() && engine.start(spec("away")).await.is_err());
    assert_eq!(output(&*sandbox, shell("echo goes on")).await, "goes on");
    engine.set_away(false);
    sandbox.remove().await.unwrap();
}
