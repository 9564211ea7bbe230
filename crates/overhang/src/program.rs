//! Which program this is: all that tells it from another build. `build.rs` asks git for the commit.

use ledger::chain::sha256_hex;
use vocabulary::Program;

/// This program.
pub(crate) fn program() -> Program {
    let text = |text: &str| text.to_owned();
    Program {
        version: text(env!("CARGO_PKG_VERSION")),
        commit: option_env!("OVERHANG_COMMIT").map(text),
        date: option_env!("OVERHANG_COMMIT_DATE").map(text),
        dirty: option_env!("OVERHANG_DIRTY").map(|dirty| dirty == "true"),
        guest: Some(sha256_hex(sandbox::guest::BINARY)),
    }
}

/// What `--version` prints after the program's name.
pub(crate) fn told() -> String {
    let Program { version, commit, date, dirty, guest } = program();
    let unknown = || "unknown".to_owned();
    let changes = if dirty == Some(true) { ", with changes that are not committed" } else { "" };
    format!(
        "{version}\ncommit {}{changes}\ndate   {}\nguest  {}",
        commit.unwrap_or_else(unknown),
        date.unwrap_or_else(unknown),
        guest.unwrap_or_else(unknown)
    )
}
