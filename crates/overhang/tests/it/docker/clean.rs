//! What a machine no longer needs is listed, and removed only when asked for and when nobody else is at work.

use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};

use crate::{
    lab::{Lab, text},
    schema::document,
};

#[test]
fn an_old_pack_is_listed_then_removed_and_never_while_another_program_is_at_work() {
    let lab = Lab::new();
    let (cache, data) = (lab.root().join("cache"), lab.root().join("data"));
    let pack = |name: &str, days: u64| {
        lab.write(&format!("cache/overhang/packs/{name}/pack.json"), "{}");
        let record = cache.join("overhang/packs").join(name).join("pack.json");
        let file = fs_err::OpenOptions::new().append(true).open(record).unwrap();
        file.file().set_modified(SystemTime::now() - Duration::from_secs(days * 86_400)).unwrap();
    };
    pack("old-1", 5_000);
    pack("new-1", 100);
    let clean = |arguments: &[&str]| {
        // Nothing on this machine but what stands above is as old as that.
        let mut command = lab.overhang(&["clean", "--older-than", "4000"]);
        let output =
            command.args(arguments).env("XDG_CACHE_HOME", &cache).env("XDG_DATA_HOME", &data).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        (text(&output.stdout), text(&output.stderr))
    };
    let there = |name: &str| cache.join("overhang/packs").join(name).exists();

    let (listed, _) = clean(&[]);
    assert!(listed.contains("5000 days old  old-1") && !listed.contains("new-1"), "{listed}");
    assert!(there("old-1"));

    let (printed, _) = clean(&["--json"]);
    let found = document("clean", printed.as_bytes());
    assert_eq!((&found["removed"], &found["found"][0]["name"]), (&false.into(), &"old-1".into()));

    let in_use = fs_err::File::open(data.join("overhang/in-use")).unwrap();
    flock(&in_use, FlockOperation::LockShared).unwrap();
    let (listed, said) = clean(&["--yes"]);
    assert!(said.contains("another overhang is at work") && !listed.contains("old-1"), "{listed}{said}");
    assert!(there("old-1"));
    drop(in_use);

    clean(&["--yes"]);
    assert!(!there("old-1") && there("new-1"));
}
