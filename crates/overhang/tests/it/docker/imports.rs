//! Imports from git: what is pinned, and what is told when it cannot be had.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
};

use crate::lab::{Lab, text};

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=A", "-c", "user.email=a@example.org"]).args(arguments);
    let output = command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", text(&output.stderr));
    text(&output.stdout).trim().to_owned()
}

/// A bare repository that had two tasks in `small`, the second of them void, and has thrown them away since; and the
/// commit that has them.
fn repository(lab: &Lab) -> (PathBuf, String) {
    let work = lab.root().join("work");
    for (name, reward) in [("good", "[ -e done ] && echo 1"), ("unsolved", "echo 0")] {
        let dir = format!("work/small/{name}");
        lab.write(&format!("{dir}/task.toml"), "[environment]\nnetwork_mode = \"no-network\"\n")
            .write(&format!("{dir}/instruction.md"), "Make a file called done.\n")
            .write(&format!("{dir}/environment/Dockerfile"), "FROM overhang/base:1\nWORKDIR /app\n")
            .write(
                &format!("{dir}/tests/test.sh"),
                &format!("#!/bin/bash\n({reward}) > /logs/verifier/reward.txt\n"),
            )
            .write(&format!("{dir}/solution/solve.sh"), "touch done\n");
    }
    std::os::unix::fs::symlink("/", work.join("small/out")).unwrap();
    git(&work, &["init", "--quiet", "--initial-branch=main"]);
    git(&work, &["add", "."]);
    git(&work, &["commit", "--quiet", "--message=two tasks"]);
    let commit = git(&work, &["rev-parse", "HEAD"]);
    git(&work, &["rm", "--quiet", "-r", "small"]);
    git(&work, &["commit", "--quiet", "--allow-empty", "--message=none"]);
    git(lab.root(), &["clone", "--quiet", "--bare", "work", "theirs.git"]);
    let bare = lab.root().join("theirs.git");
    git(&bare, &["update-server-info"]);
    (bare, commit)
}

/// Serves a folder's files on loopback, which is all that git's plain HTTP needs; gives the address.
fn serve(folder: PathBuf) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(&folder, stream);
        }
    });
    address
}

fn answer(folder: &Path, mut stream: TcpStream) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let request = lines.next().unwrap_or_default();
    let _ = lines.find(String::is_empty);
    let path = request.split([' ', '?']).nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    let (status, body) = match fs_err::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // A client that is satisfied hangs up early.
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)));
}

#[test]
fn a_commit_is_taken_over_http_and_from_a_file_and_pinned() {
    let lab = Lab::new();
    let (bare, commit) = repository(&lab);
    let url = format!("{}/theirs.git", serve(lab.root().to_owned()));
    let import = |source: &str, family: &str| {
        let output = lab
            .overhang(&["task", "import", source, "--family", family])
            .env("no_proxy", "127.0.0.1")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        fs_err::read_to_string(lab.root().join(format!("tasks/{family}/import.toml"))).unwrap()
    };
    let fetched: toml::Table = import(&format!("{url}@{}#small", &commit[..12]), "fetched").parse().unwrap();
    assert_eq!(fetched["source"].as_str(), Some(&*format!("{url}#small")));
    assert_eq!(fetched["commit"].as_str(), Some(&*commit), "the whole commit");
    let verdict = |task: &str| fetched["tasks"][task]["verdict"].as_str().unwrap();
    assert_eq!((verdict("good"), verdict("unsolved")), ("valid", "invalid"));
    let listed = text(&lab.overhang(&["task", "list", "tasks/fetched"]).output().unwrap().stdout);
    assert!(listed.contains("runs 1, void 1"), "{listed}");

    let file: toml::Table =
        import(&format!("file://{}@{commit}#small/good", bare.display()), "copied").parse().unwrap();
    assert_eq!(file["tasks"]["good"]["digest"], fetched["tasks"]["good"]["digest"]);
}

#[test]
fn what_cannot_be_had_is_told_before_anything_starts() {
    let lab = Lab::new();
    let (bare, commit) = repository(&lab);
    let mut said = String::new();
    for (source, family) in [
        ("file://THEIRS@main", "fresh"),
        ("file://THEIRS", "fresh"),
        ("file://THEIRS@0123456789ab", "fresh"),
        ("file://THEIRS@COMMIT#large", "fresh"),
        ("file://THEIRS@COMMIT#../other", "fresh"),
        ("file://THEIRS@COMMIT#small/out", "fresh"),
        ("file://THEIRS@COMMIT#small/out/etc", "fresh"),
        ("file://THEIRS@COMMIT#small/good/tests", "fresh"),
        ("file://THEIRS-not@COMMIT", "fresh"),
        ("file://THEIRS@COMMIT#small", "Not A Family"),
        ("file://THEIRS@COMMIT#small", "words"),
        ("nowhere", "fresh"),
    ] {
        let place = bare.display().to_string();
        let full = source.replace("THEIRS", &place).replace("COMMIT", &commit);
        let output = lab
            .overhang(&["task", "import", &full, "--family", family])
            .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{source}: {}", text(&output.stderr));
        let told = lab.redacted(&output.stderr).replace(&commit, "COMMIT");
        // Git's own words differ from version to version.
        let own = [": fatal: ", ": error: "].into_iter().find_map(|start| told.split_once(start));
        let told = own.map_or(told.trim_end(), |(ours, _)| ours);
        said.push_str(&format!("== {source} --family {family}\n{told}\n"));
    }
    assert!(!lab.root().join("tasks/fresh").exists());
    insta::assert_snapshot!(said);
}
