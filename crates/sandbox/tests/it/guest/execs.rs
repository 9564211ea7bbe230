use std::time::{Duration, Instant};

use sandbox::guest::{
    Capabilities, End, ExecRequest, Keep, OutputChunk, Privileges, Progress, StartStep, Stderr, User,
};

use super::{bash, connected, lives, stdout};

#[tokio::test]
async fn output_exit_code_and_input() {
    let (_child, guest, _) = connected().await;
    let mut request = bash("cat; echo err >&2; exit 7");
    request.stdin = Some(b"in\0put".to_vec().into());
    let outcome = guest.exec(request).await.unwrap();
    assert_eq!(outcome.end, End::Exited(7));
    assert_eq!(outcome.stdout.head, b"in\0put");
    assert_eq!(outcome.stderr.head, b"err\n");
    assert_eq!((outcome.stdout.dropped, outcome.survivors, outcome.output_held), (0, 0, false));
}

#[tokio::test]
async fn merged_output_keeps_its_order() {
    let (_child, guest, _) = connected().await;
    let mut request = bash("for i in 1 2 3; do echo out $i; echo err $i >&2; done");
    request.stderr = Stderr::Merged;
    let outcome = guest.exec(request).await.unwrap();
    assert_eq!(stdout(&outcome), "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");
    assert_eq!(outcome.stderr.head, b"");
}

#[tokio::test]
async fn the_shells_own_codes_and_signals() {
    let (_child, guest, _) = connected().await;
    for (script, end) in [
        ("no-such-command-anywhere", End::Exited(127)),
        ("/etc/passwd", End::Exited(126)),
        ("kill -SEGV $$", End::Signalled(11)),
        ("exec 1>&- 2>&-; exit 3", End::Exited(3)),
        ("trap '' TERM; kill $$; exit 4", End::Exited(4)),
    ] {
        assert_eq!(guest.exec(bash(script)).await.unwrap().end, end, "{script}");
    }
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let (_child, guest, _) = connected().await;
    let not_started = |step, errno, subject: &str| End::NotStarted { step, errno, subject: subject.into() };
    let with = |argv: &[&str], change: fn(&mut ExecRequest)| {
        let mut request = ExecRequest::new(argv.iter().copied());
        change(&mut request);
        request
    };
    for (request, end) in [
        (with(&["nothing-here"], |_| ()), not_started(StartStep::Program, 2, "nothing-here")),
        (with(&["/etc/passwd"], |_| ()), not_started(StartStep::Program, 13, "/etc/passwd")),
        (with(&["true"], |r| r.cwd = b"/no/such".to_vec()), not_started(StartStep::Cwd, 2, "/no/such")),
        (
            with(&["true"], |r| r.user = User::Named("nobody-of-that-name".into())),
            not_started(StartStep::User, 0, "user `nobody-of-that-name`"),
        ),
        (with(&[], |_| ()), not_started(StartStep::Request, 0, "no program is named")),
        (with(&["a\0b"], |_| ()), not_started(StartStep::Request, 0, "a zero byte in `a\0b`")),
    ] {
        assert_eq!(guest.exec(request).await.unwrap().end, end);
    }
}

#[tokio::test]
async fn a_gigabyte_of_output_is_bounded_and_counted() {
    let (_child, guest, _) = connected().await;
    let mut request = bash("head -c 1000000000 /dev/zero; printf end");
    request.stdout = Keep { head: 10, tail: 10 };
    let outcome = guest.exec(request).await.unwrap();
    assert_eq!(outcome.end, End::Exited(0));
    assert_eq!(outcome.stdout.dropped, 1_000_000_003 - 20);
    assert_eq!(outcome.stdout.tail, b"\0\0\0\0\0\0\0end");
}

#[tokio::test]
async fn who_holds_the_pipes_open_holds_up_nobody_and_is_not_hurt() {
    let (_child, guest, _) = connected().await;
    let began = Instant::now();
    let script = "{ sleep 0.3; echo late; sleep 0.3; echo later && sleep 1000; } & echo $!";
    let outcome = guest.exec(bash(script)).await.unwrap();
    assert_eq!(outcome.end, End::Exited(0));
    assert!(outcome.output_held);
    assert!(began.elapsed() < Duration::from_secs(100));
    // What it writes later goes nowhere, and does not end it as a closed pipe would.
    let pid = stdout(&outcome).trim().to_owned();
    let wait = format!(
        "while ! pgrep -P {pid} -x sleep -a | grep -q 1000; do kill -0 {pid} || exit 1; sleep 0.05; done"
    );
    assert_eq!(guest.exec(bash(&wait)).await.unwrap().end, End::Exited(0));
    guest.kill_all().await.unwrap();
    assert!(!lives(&pid));
}

#[tokio::test]
async fn output_can_be_followed_and_the_program_steered() {
    let (_child, guest, _) = connected().await;
    let mut request =
        bash("trap 'echo caught; exit 5' TERM; echo ready; echo no >&2; while :; do sleep 0.01; done");
    request.live = true;
    let mut running = guest.start(request).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let outcome = loop {
        match running.next().await.unwrap() {
            Progress::Output(OutputChunk::Stdout(bytes)) => out.extend_from_slice(&bytes),
            Progress::Output(OutputChunk::Stderr(bytes)) => err.extend_from_slice(&bytes),
            Progress::Ended(outcome) => break outcome,
        }
        if out == b"ready\n" && err == b"no\n" {
            running.steering().signal(15);
        }
    };
    assert_eq!(outcome.end, End::Exited(5));
    assert_eq!(out, b"ready\ncaught\n");
    assert_eq!(outcome.stdout.head, out);
}

#[tokio::test]
async fn live_output_above_any_window_comes_whole() {
    let (_child, guest, _) = connected().await;
    let mut request = bash("head -c 20000000 /dev/zero");
    request.live = true;
    request.stdout = Keep { head: 0, tail: 0 };
    let mut running = guest.start(request).unwrap();
    let mut bytes = 0;
    let outcome = loop {
        match running.next().await.unwrap() {
            Progress::Output(OutputChunk::Stdout(chunk)) => bytes += chunk.len(),
            Progress::Output(OutputChunk::Stderr(_)) => {}
            Progress::Ended(outcome) => break outcome,
        }
    };
    assert_eq!((bytes, outcome.stdout.dropped), (20_000_000, 20_000_000));
}

#[tokio::test]
async fn a_program_inherits_nothing_of_the_guest() {
    let (_child, guest, _) = connected().await;
    let script = "echo $(ls /proc/self/fd); ulimit -n; grep -E 'SigBlk|SigIgn' /proc/self/status | cut -f2; \
                  cut -d ' ' -f 1,6 /proc/self/stat | tr ' ' '\\n'; umask";
    let outcome = guest.exec(bash(script)).await.unwrap();
    let text = stdout(&outcome);
    let [descriptors, limit, blocked, ignored, _, session, umask] = text.lines().collect::<Vec<_>>()[..]
    else {
        panic!("{text}");
    };
    // 3 is the one that `ls` opened. The guest raises its own limit on open files.
    assert_eq!((descriptors, limit), ("0 1 2 3", open_files().as_str()));
    assert_eq!((blocked, umask), ("0000000000000000", "0022"));
    assert_eq!(u64::from_str_radix(ignored, 16).unwrap() & 0x7fff_ffff, 0);
    assert_ne!(session, std::process::id().to_string());
}

/// This process's soft limit on open files, which the guest inherits.
fn open_files() -> String {
    let limits = fs_err::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_ascii_whitespace().nth(3).unwrap().to_owned()
}

/// Needs root, as the guest has it in a container.
#[tokio::test]
async fn user_groups_and_capabilities_are_those_asked_for() {
    let (_child, guest, _) = connected().await;
    let show =
        "id -u; id -g; id -G; echo $HOME; grep -E 'Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs' /proc/self/status";
    let mut request = bash(show);
    request.user = User::Named("nobody".into());
    request.privileges = Privileges { bounding: Some(Capabilities::NONE), no_new_privileges: true };
    let outcome = guest.exec(request).await.unwrap();
    let nobody = guest.user("nobody").await.unwrap();
    let none = "0000000000000000";
    let expected = format!(
        "{}\n{}\n{}\n{}\nCapInh:\t{none}\nCapPrm:\t{none}\nCapEff:\t{none}\nCapBnd:\t{none}\nCapAmb:\t{none}\nNoNewPrivs:\t1\n",
        nobody.uid,
        nobody.gid,
        nobody.groups.iter().map(u32::to_string).collect::<Vec<_>>().join(" "),
        String::from_utf8(nobody.home).unwrap(),
    );
    assert_eq!(stdout(&outcome), expected);

    let kept = Capabilities::from_names(["CHOWN", "KILL"]).unwrap();
    let mut request = bash("grep -E 'Cap(Inh|Prm|Eff|Bnd)' /proc/self/status | cut -f2");
    request.privileges = Privileges { bounding: Some(kept), no_new_privileges: false };
    let outcome = guest.exec(request).await.unwrap();
    assert_eq!(stdout(&outcome), format!("{none}\n{0:016x}\n{0:016x}\n{0:016x}\n", kept.0));
    assert!(guest.user("nobody-of-that-name").await.is_err());
}

#[tokio::test]
async fn many_at_once() {
    let (_child, guest, _) = connected().await;
    let all: Vec<_> = (0..100)
        .map(|number| {
            let guest = guest.clone();
            tokio::spawn(
                async move { guest.exec(bash(&format!("echo {number}; exit {number}"))).await.unwrap() },
            )
        })
        .collect();
    for (number, task) in all.into_iter().enumerate() {
        let outcome = task.await.unwrap();
        assert_eq!(outcome.end, End::Exited(number as i32));
        assert_eq!(stdout(&outcome), format!("{number}\n"));
    }
}
