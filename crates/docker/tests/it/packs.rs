use std::{path::Path, sync::Mutex};

use sandbox::pack::{self, PackError, Recipe};

use super::{engine, quiet, unique};

fn recipe(name: &str, build: &str, folder: &Path) -> Recipe {
    Recipe {
        name: name.into(),
        version: "1.2.3".into(),
        build: build.into(),
        complete: vec!["bin/run".into()],
        smoke: vec!["{{ pack }}/bin/run".into(), "--version".into()],
        folder: folder.to_owned(),
        unused: Default::default(),
    }
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("library"), "content").unwrap();
    folder
}

const RECIPE: &str = r#"
test "$PWD" = /recipe && ! touch here 2>/dev/null
umask 077
mkdir "$PACK/bin"
cp library "$PACK/library"
printf '#!%s/bin/shell\nread -r line <%s/library; echo 1.2.3 "$line"\n' "$PACK" "$PACK" >"$PACK/bin/run"
cp /bin/sh "$PACK/bin/shell"
chmod 700 "$PACK/bin/run" "$PACK/bin/shell"
echo a line of output
"#;

#[tokio::test]
async fn a_recipe_is_run_once_and_its_pack_found_afterwards() {
    let (engine, folder, store) = (engine().await, folder(), tempfile::tempdir().unwrap());
    let one = recipe(&format!("one-{}", unique()), RECIPE, folder.path());
    assert_eq!(pack::find(&one, store.path()).unwrap(), None);
    let lines = Mutex::new(Vec::new());
    let tell = |line: &str| lines.lock().unwrap().push(line.to_owned());
    let both = tokio::join!(
        pack::build(&engine, &one, store.path(), &tell),
        pack::build(&engine, &one, store.path(), &tell),
    );
    let built = both.0.unwrap();
    assert_eq!(both.1.unwrap(), built);
    assert_eq!(lines.lock().unwrap().iter().filter(|line| *line == "a line of output").count(), 1);
    assert!(built.dir.join("bin/run").is_file() && built.manifest.bytes > 0);
    assert_eq!(built.at(), format!("/opt/overhang/{}", one.name));
    assert_eq!(pack::find(&one, store.path()).unwrap(), Some(built));
    assert_eq!(names(store.path()).len(), 2, "a lock and a pack: {:?}", names(store.path()));
    fs_err::write(folder.path().join("library"), "other").unwrap();
    assert_eq!(pack::find(&one, store.path()).unwrap(), None);
}

#[tokio::test]
async fn a_recipe_that_fails_leaves_out_or_does_not_run_makes_no_pack() {
    let (engine, folder, store) = (engine().await, folder(), tempfile::tempdir().unwrap());
    let build = async |build: &str| {
        let one = recipe(&format!("bad-{}", unique()), build, folder.path());
        let error = pack::build(&engine, &one, store.path(), &quiet).await.unwrap_err();
        assert_eq!(pack::find(&one, store.path()).unwrap(), None);
        error
    };
    let failed = build("echo the reason; exit 3").await;
    assert!(
        matches!(&failed, PackError::Recipe { end, output, .. } if end == "exit code 3" && output.contains("the reason"))
    );
    let incomplete = build("mkdir \"$PACK/bin\"").await;
    assert!(
        matches!(&incomplete, PackError::Incomplete { missing, .. } if missing == &["bin/run"]),
        "{incomplete}"
    );
    let script = |line: &str| {
        format!("mkdir $PACK/bin; printf '#!/bin/sh\\n{line}\\n' >$PACK/bin/run; chmod +x $PACK/bin/run")
    };
    for (line, reason) in
        [("echo 9.9.9", "version 1.2.3"), ("touch /opt/overhang/*/x || exit 4", "exit code 4")]
    {
        let smoke = build(&script(line)).await;
        assert!(matches!(&smoke, PackError::Smoke { reason: told, .. } if told.contains(reason)), "{smoke}");
    }
    assert!(names(store.path()).iter().all(|name| name.ends_with(".lock")), "{:?}", names(store.path()));
}

fn names(directory: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<fs_err::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    fs_err::read_dir(directory).unwrap().map(name).collect()
}
