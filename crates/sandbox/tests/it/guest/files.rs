use std::collections::BTreeMap;
use std::ffi::OsStr;

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use sandbox::guest::{
    CollectRequest, Entry, EntryKind, FileLimits, Guest, GuestError, Incomplete, Limit, Modes, PutMode,
    PutRequest,
};

use super::{bash, connected};

fn put_at(root: &Path, mode: PutMode) -> PutRequest {
    PutRequest { root: root.as_os_str().as_bytes().to_vec(), mode, limits: FileLimits::NONE }
}

fn collect_of(root: &Path) -> CollectRequest {
    CollectRequest {
        roots: vec![root.as_os_str().as_bytes().to_vec()],
        exclude: vec![],
        limits: FileLimits::NONE,
    }
}

/// Everything that must survive a round trip, by path relative to `root`.
fn survey(root: &Path) -> BTreeMap<Vec<u8>, String> {
    walkdir::WalkDir::new(root)
        .into_iter()
        .map(|item| {
            let item = item.unwrap();
            let metadata = item.path().symlink_metadata().unwrap();
            let content = if metadata.is_file() {
                format!("{:?}", fs_err::read(item.path()).unwrap())
            } else if metadata.is_symlink() {
                format!("-> {:?}", fs_err::read_link(item.path()).unwrap())
            } else {
                String::new()
            };
            let mode = if metadata.is_symlink() { 0 } else { metadata.mode() };
            let links = if metadata.is_dir() { 0 } else { metadata.nlink() };
            let time = (metadata.mtime(), metadata.mtime_nsec());
            let owner = (metadata.uid(), metadata.gid());
            let path = item.path().strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec();
            (path, format!("{mode:o} {owner:?} {time:?} {links} {content}"))
        })
        .collect()
}

/// A tree with what real and hostile ones hold.
fn hostile_tree(root: &Path) {
    fs_err::create_dir(root.join("empty")).unwrap();
    fs_err::create_dir(root.join("closed")).unwrap();
    fs_err::write(root.join("closed/inside"), "x").unwrap();
    fs_err::write(root.join("a file\nwith a newline"), "1").unwrap();
    fs_err::write(root.join(OsStr::from_bytes(b"\xff\xfe not text")), "2").unwrap();
    fs_err::write(root.join("-rf *"), "").unwrap();
    let deep = root.join(vec!["long-name-".repeat(6); 5].join("/"));
    fs_err::create_dir_all(&deep).unwrap();
    fs_err::write(deep.join("below"), vec![3; 200_000]).unwrap();
    symlink("/etc/passwd", root.join("outside")).unwrap();
    symlink("../../../../etc", root.join("up")).unwrap();
    symlink("/nonexistent/".repeat(30), root.join("nowhere")).unwrap();
    symlink(".", root.join("circle")).unwrap();
    fs_err::hard_link(root.join("-rf *"), root.join("closed/second name")).unwrap();
    fs_err::hard_link(deep.join("below"), root.join("z")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        root.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from(0o640),
        0,
    )
    .unwrap();
    fs_err::write(root.join("set-uid"), "s").unwrap();
    std::os::unix::fs::chown(root.join("set-uid"), Some(1234), Some(3_000_000)).unwrap();
    fs_err::set_permissions(root.join("set-uid"), std::fs::Permissions::from_mode(0o6755)).unwrap();
    std::os::unix::fs::lchown(root.join("outside"), Some(77), Some(78)).unwrap();
    fs_err::set_permissions(root.join("closed"), std::fs::Permissions::from_mode(0o500)).unwrap();
    fs_err::File::open(root.join("z")).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
}

/// Needs root, for owners.
#[tokio::test]
async fn a_hostile_tree_comes_back_as_it_was() {
    let (_child, guest, _) = connected().await;
    let folder = tempfile::tempdir().unwrap();
    let (source, copy, archive) =
        (folder.path().join("source"), folder.path().join("copy"), folder.path().join("a.tar"));
    fs_err::create_dir(&source).unwrap();
    hostile_tree(&source);
    let collection = guest.collect(collect_of(&source), &archive).await.unwrap();
    assert_eq!(collection.left_out, []);
    let before = survey(&source);
    assert_eq!(collection.total.entries, before.len() as u64);

    // The archive names absolute paths without the slash: put at `/` it lands where it was. Move it aside first.
    fs_err::rename(&source, &copy).unwrap();
    guest.put_tar(put_at(Path::new("/"), PutMode::Merge), &archive).await.unwrap();
    assert_eq!(survey(&source), before);

    // The same tree gives the same archive.
    let again = guest.collect(collect_of(&source), &folder.path().join("b.tar")).await.unwrap();
    assert_eq!(again.digest, collection.digest);
    // And it is one that other programs can read.
    let list = std::process::Command::new("tar").arg("tf").arg(&archive).output().unwrap();
    assert!(list.status.success(), "{list:?}");
    assert_eq!(String::from_utf8(list.stdout).unwrap().lines().count(), before.len());
}

#[tokio::test]
async fn devices_sockets_and_missing_roots_are_reported_and_not_opened() {
    let (_child, guest, _) = connected().await;
    let folder = tempfile::tempdir().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let mut request = collect_of(folder.path());
    request.roots.push(b"/no/such/root".to_vec());
    let circle = folder.path().with_extension("circle");
    symlink(&circle, &circle).unwrap();
    let in_circle = [circle.as_os_str().as_bytes(), b"/inside"].concat();
    request.roots.push(in_circle.clone());
    request.roots.push(b"/dev/null/".to_vec());
    let collection = guest.collect(request, &folder.path().with_extension("tar")).await.unwrap();
    let mut left_out: Vec<_> = collection.left_out.into_iter().map(|left| (left.path, left.kind)).collect();
    let socket = left_out.remove(0);
    assert_eq!((socket.0.ends_with(b"/socket"), socket.1), (true, EntryKind::Socket));
    let null = EntryKind::Device { block: false, major: 1, minor: 3 };
    let missing = |path: &[u8]| (path.to_vec(), EntryKind::Missing);
    assert_eq!(left_out, [missing(b"/no/such/root"), missing(&in_circle), (b"/dev/null".to_vec(), null)]);
    fs_err::remove_file(circle).unwrap();
    fs_err::remove_file(folder.path().with_extension("tar")).unwrap();
}

/// What lies below two roots is found twice; of a file with two names neither is lost, nor are they two files after.
#[tokio::test]
async fn roots_may_lie_in_each_other() {
    let (_child, guest, _) = connected().await;
    let folder = tempfile::tempdir().unwrap();
    let (root, out) = (folder.path().join("root"), folder.path().join("root/out"));
    fs_err::create_dir_all(&out).unwrap();
    fs_err::write(out.join("a"), "same").unwrap();
    fs_err::hard_link(out.join("a"), out.join("b")).unwrap();
    let mut request = collect_of(&root);
    request.roots.push(out.as_os_str().as_bytes().to_vec());
    let archive = folder.path().join("a.tar");
    guest.collect(request, &archive).await.unwrap();
    let before = survey(&root);
    fs_err::remove_dir_all(&root).unwrap();
    guest.put_tar(put_at(Path::new("/"), PutMode::Merge), &archive).await.unwrap();
    assert_eq!(survey(&root), before);
}

async fn incomplete(guest: &Guest, request: CollectRequest, archive: &Path) -> Incomplete {
    let error = guest.collect(request, archive).await.unwrap_err();
    assert!(!archive.exists());
    match error {
        GuestError::Incomplete(incomplete) => incomplete,
        other => panic!("another error: {other}"),
    }
}

#[tokio::test]
async fn a_limit_reached_is_an_error_and_leaves_no_archive() {
    let (_child, guest, _) = connected().await;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs_err::create_dir(&root).unwrap();
    for name in ["a", "b", "c"] {
        fs_err::write(root.join(name), "12345").unwrap();
    }
    let archive = folder.path().join("x.tar");
    let at = |name: &str| root.join(name).as_os_str().as_bytes().to_vec();
    let limited = |limits| CollectRequest { limits, ..collect_of(&root) };
    for (limits, limit, path) in [
        (FileLimits { bytes: 14, ..FileLimits::NONE }, Limit::Bytes, at("c")),
        (FileLimits { file_bytes: 4, ..FileLimits::NONE }, Limit::FileBytes, at("a")),
        (FileLimits { entries: 3, ..FileLimits::NONE }, Limit::Entries, root.as_os_str().as_bytes().to_vec()),
    ] {
        assert_eq!(incomplete(&guest, limited(limits), &archive).await, Incomplete::Limit { limit, path });
    }
    let enough = FileLimits { bytes: 15, file_bytes: 5, entries: 4 };
    assert_eq!(guest.collect(limited(enough), &archive).await.unwrap().total.bytes, 15);
    fs_err::remove_file(&archive).unwrap();

    let exclude = vec![at("b/"), at("c")];
    let collection = guest.collect(CollectRequest { exclude, ..collect_of(&root) }, &archive).await.unwrap();
    assert_eq!(collection.total.entries, 2);
    fs_err::remove_file(&archive).unwrap();

    let deep = bash(&format!("cd {}; for i in $(seq 300); do mkdir d; cd d; done", root.display()));
    guest.exec(deep).await.unwrap();
    let error = incomplete(&guest, collect_of(&root), &archive).await;
    assert!(matches!(error, Incomplete::Limit { limit: Limit::Depth, .. }), "{error:?}");
}

#[tokio::test]
async fn a_put_never_follows_links_nor_leaves_its_root() {
    let (_child, guest, _) = connected().await;
    let folder = tempfile::tempdir().unwrap();
    let (root, outside) = (folder.path().join("root"), folder.path().join("outside"));
    fs_err::create_dir_all(root.join("full/of")).unwrap();
    fs_err::create_dir(&outside).unwrap();
    fs_err::write(outside.join("kept"), "kept").unwrap();
    symlink(&outside, root.join("link")).unwrap();
    symlink(outside.join("kept"), root.join("file")).unwrap();
    let entries = vec![
        (Entry::file("link/kept", 0, false), b"new".to_vec()),
        (Entry::file("file", 0, true), b"program".to_vec()),
        (Entry::file("full", 0, false), b"".to_vec()),
    ];
    guest.put(put_at(&root, PutMode::Merge), entries).await.unwrap();
    assert_eq!(fs_err::read(outside.join("kept")).unwrap(), b"kept");
    assert_eq!(fs_err::read(root.join("link/kept")).unwrap(), b"new");
    assert_eq!(fs_err::metadata(root.join("file")).unwrap().mode() & 0o7777, 0o755);
    assert!(fs_err::symlink_metadata(root.join("full")).unwrap().is_file());

    for path in ["../outside/kept", "/etc/x", "a/../../b", "a\0b"] {
        let entries = vec![(Entry::file(path, 0, false), b"no".to_vec())];
        let error = guest.put(put_at(&root, PutMode::Merge), entries).await.unwrap_err();
        assert!(matches!(&error, GuestError::Refused(why) if why.contains("leaves the root")), "{error}");
    }
    assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 2);

    // A mirror holds what was put and nothing else, also where its root was made a link.
    let mirrored = root.join("mirror");
    symlink(&outside, &mirrored).unwrap();
    let entries = vec![(Entry::file("only", 0, false), b"".to_vec())];
    guest.put(put_at(&mirrored, PutMode::Mirror), entries.clone()).await.unwrap();
    fs_err::create_dir_all(mirrored.join("x/y")).unwrap();
    guest.put(put_at(&mirrored, PutMode::Mirror), entries).await.unwrap();
    let names: Vec<_> = fs_err::read_dir(&mirrored).unwrap().map(|item| item.unwrap().file_name()).collect();
    assert_eq!(names, ["only"]);
    assert_eq!(fs_err::read(outside.join("kept")).unwrap(), b"kept");
}

#[tokio::test]
async fn a_put_above_its_limits_is_refused_while_it_runs() {
    let (_child, guest, _) = connected().await;
    let folder = tempfile::tempdir().unwrap();
    let limits = FileLimits { bytes: 1_000_000, ..FileLimits::NONE };
    let request = PutRequest { limits, ..put_at(folder.path(), PutMode::Merge) };
    let entries = (0..50).map(|number| (Entry::file(format!("{number}"), 0, false), vec![0; 100_000]));
    let error = guest.put(request, entries).await.unwrap_err();
    insta::assert_snapshot!(error, @"the guest refused: `10` exceeds the limit of bytes");
    assert_eq!(guest.usage().await.map(drop).map_err(|error| error.to_string()), Ok(()));
}

#[tokio::test]
async fn a_directory_of_the_host_is_put_with_its_modes() {
    let (_child, guest, _) = connected().await;
    let folder = tempfile::tempdir().unwrap();
    let (tests, there) = (folder.path().join("tests"), folder.path().join("there/deep"));
    fs_err::create_dir_all(tests.join("data")).unwrap();
    fs_err::write(tests.join("test.sh"), "#!/bin/sh\n").unwrap();
    fs_err::set_permissions(tests.join("test.sh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    fs_err::write(tests.join("data/big"), vec![1; 300_000]).unwrap();
    symlink("test.sh", tests.join("alias")).unwrap();
    guest.put_directory(put_at(&there, PutMode::Merge), &tests, (0, 0), Modes::Kept).await.unwrap();
    assert_eq!(fs_err::read(there.join("data/big")).unwrap(), vec![1; 300_000]);
    assert_eq!(fs_err::metadata(there.join("alias")).unwrap().mode() & 0o7777, 0o755);
    let error = guest
        .put_directory(put_at(&there, PutMode::Merge), &folder.path().join("no"), (0, 0), Modes::Kept)
        .await;
    assert!(matches!(error, Err(GuestError::File { .. })), "{error:?}");
}

#[tokio::test]
async fn space_is_measured_and_a_limit_said() {
    let (_child, guest, _) = connected().await;
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("a"), vec![1; 1 << 20]).unwrap();
    fs_err::hard_link(folder.path().join("a"), folder.path().join("b")).unwrap();
    fs_err::File::create(folder.path().join("sparse")).unwrap().set_len(1 << 40).unwrap();
    let root = || vec![folder.path().as_os_str().as_bytes().to_vec()];
    let usage = guest.disk_usage(root(), 1000).await.unwrap();
    assert!((1 << 20..3 << 20).contains(&usage.bytes), "{usage:?}");
    assert_eq!((usage.entries, usage.complete, usage.free.is_some()), (4, true, true));
    assert!(!guest.disk_usage(root(), 3).await.unwrap().complete);
}
