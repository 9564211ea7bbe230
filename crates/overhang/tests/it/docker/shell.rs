//! A person in a harness's place: what a trial would have, and nothing of it left behind.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use docker::DockerEngine;
use rustix::process::{Pid, Signal, kill_process};
use sandbox::Engine;

use crate::lab::{Lab, program, text};

/// The container that a command's first words name.
fn container(said: &str) -> String {
    let (_, rest) = said.split_once("container ").unwrap_or_else(|| panic!("{said}"));
    rest.split(':').next().unwrap().to_owned()
}

async fn is_there(container: &str) -> bool {
    let engine = DockerEngine::connect().await.unwrap();
    engine.list(None).await.unwrap().iter().any(|listed| listed.id.starts_with(container))
}

#[tokio::test]
async fn commands_from_standard_input_find_what_a_trial_finds() {
    let lab = Lab::new();
    let mut command =
        lab.overhang(&["harness", "shell", "puppet", "--task", "words/greet", "--model", "expert"]);
    let commands = "pwd; id -un; echo model $PUPPET_MODEL; command -v /opt/overhang/puppet/bin/puppet\n\
                    bash ~/.overhang-start; echo ended with $?; cat greeting.txt; exit 3\n";
    let output =
        command.env("XDG_CACHE_HOME", lab.root().join("cache")).write_stdin(commands).output().unwrap();
    let (seen, said) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{seen}{said}");
    assert_eq!(
        seen,
        "/workspace\nroot\nmodel expert\n/opt/overhang/puppet/bin/puppet\nended with 1\nhello, \"world\"\n",
        "{said}"
    );
    assert!(said.contains("/opt/overhang/puppet/bin/puppet '--prompt="), "{said}");
    assert!(said.contains("2 model calls: "), "{said}");
    assert!(!is_there(&container(&said)).await);
}

#[tokio::test]
async fn an_interrupted_shell_leaves_no_container() {
    let lab = Lab::new();
    let mut child = Command::new(program())
        .args(["harness", "shell", "puppet", "--model", "expert", "--user", "agent"])
        .current_dir(lab.root())
        .env("XDG_CACHE_HOME", lab.root().join("cache"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.find(|line| line.as_ref().unwrap().starts_with("container ")).unwrap().unwrap();
    assert!(first.contains("agent in /work, model expert"), "{first}");
    assert!(is_there(&container(&first)).await);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(!is_there(&container(&first)).await);
}
