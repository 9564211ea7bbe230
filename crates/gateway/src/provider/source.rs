//! Keys from where they are kept: a file, or a command that prints them.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use dialect::ErrorKind;
use secrecy::SecretString;
use spec::model::KeyCommand;
use tokio::process::Command;

use super::{Failure, fresh::Fresh};

/// How long a file or a command is taken at its word.
const KEPT: Duration = Duration::from_secs(300);
/// Longest wait for a command.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a file holds, without the white space around it.
pub(super) async fn file(path: PathBuf) -> Result<Fresh, Failure> {
    match tokio::fs::read_to_string(&path).await {
        Ok(text) => fresh(&text, || format!("the key file {} is empty", path.display())),
        Err(error) => Err(lacking(format!("the key file {}: {}", path.display(), error.kind()))),
    }
}

/// What a command prints, without the white space around it. Its words are never repeated: they may hold the key.
pub(super) async fn command(command: &KeyCommand, root: &Path) -> Result<Fresh, Failure> {
    let (program, arguments) = match command {
        KeyCommand::Line(line) => ("sh", vec!["-c", line.as_str()]),
        KeyCommand::Arguments(arguments) => match arguments.split_first() {
            Some((program, rest)) => (program.as_str(), rest.iter().map(String::as_str).collect()),
            None => return Err(lacking("`key_command` names no program".into())),
        },
    };
    let mut child = Command::new(program);
    child.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    if !root.as_os_str().is_empty() {
        child.current_dir(root);
    }
    let why = match tokio::time::timeout(PATIENCE, child.output()).await {
        Ok(Ok(output)) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout);
            return fresh(&text, || format!("the key command `{program} …` printed nothing"));
        }
        Ok(Ok(output)) => output.status.to_string(),
        Ok(Err(error)) => error.kind().to_string(),
        Err(_) => format!("no key after {} s", PATIENCE.as_secs()),
    };
    Err(lacking(format!("the key command `{program} …` failed ({why}): run it by hand to see why")))
}

fn fresh(text: &str, empty: impl Fn() -> String) -> Result<Fresh, Failure> {
    let text = text.trim();
    if text.is_empty() {
        return Err(lacking(empty()));
    }
    Ok(Fresh { secret: SecretString::from(text), renew: KEPT, ends: KEPT })
}

fn lacking(why: String) -> Failure {
    Failure::new(ErrorKind::Authentication, why)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    async fn printed(line: KeyCommand) -> Result<String, String> {
        let fresh = command(&line, Path::new("/")).await;
        fresh.map(|fresh| fresh.secret.expose_secret().to_owned()).map_err(|failure| failure.detail)
    }

    #[tokio::test]
    async fn a_key_is_what_a_command_prints() {
        assert_eq!(printed(KeyCommand::Line("echo \" k1 \"; pwd >&2".into())).await.unwrap(), "k1");
        let arguments = ["printf", "%s\\n", "k 2"].map(str::to_owned).to_vec();
        assert_eq!(printed(KeyCommand::Arguments(arguments)).await.unwrap(), "k 2");
        assert_eq!(printed(KeyCommand::Line("pwd".into())).await.unwrap(), "/", "it runs in the project");
        let failed = printed(KeyCommand::Line("echo k3; echo k3 >&2; exit 7".into())).await.unwrap_err();
        assert!(failed.contains("exit status: 7") && !failed.contains("k3"), "{failed}");
        assert!(printed(KeyCommand::Line("true".into())).await.unwrap_err().contains("printed nothing"));
        assert!(printed(KeyCommand::Arguments(vec![])).await.is_err());
    }

    #[tokio::test]
    async fn a_key_is_what_a_file_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs_err::write(&path, "k4\n").unwrap();
        assert_eq!(file(path.clone()).await.unwrap().secret.expose_secret(), "k4");
        fs_err::write(&path, "\n").unwrap();
        assert!(file(path).await.is_err_and(|failure| failure.detail.contains("is empty")));
        assert!(file(folder.path().join("none")).await.is_err_and(|failure| failure.detail.contains("none")));
    }
}
