//! A shell in a container, held with this program's own standard input and output.

use std::{io::IsTerminal, sync::Arc};

use futures_util::StreamExt;
use runner::Visit;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use sandbox::{Terminal, TerminalProgram, TerminalSize};
use tokio::{
    io::{AsyncWriteExt, stdin, stdout},
    signal::unix::{SignalKind, signal},
};

use crate::failure::Failure;

/// Until the shell ends. Returns its exit code.
pub(super) async fn hold(visit: &Visit) -> Result<u8, Failure> {
    let size = (std::io::stdin().is_terminal() && std::io::stdout().is_terminal()).then(size).flatten();
    let Terminal { mut input, mut output, program } = visit.shell(size).await?;
    let _raw = size.is_some().then(Raw::begin).flatten();
    let reading = tokio::spawn(async move {
        // When either end is closed, the shell sees the end of its input, or is gone.
        drop(tokio::io::copy(&mut stdin(), &mut input).await);
        drop(input.shutdown().await);
    });
    let resizing = size.map(|_| tokio::spawn(follow_size(program.clone())));
    let mut out = stdout();
    let ended = async {
        while let Some(chunk) = output.next().await {
            out.write_all(&chunk?).await.map_err(Failure::other)?;
            out.flush().await.map_err(Failure::other)?;
        }
        program.exit_code().await.map_err(Failure::from)
    };
    let ended = ended.await;
    reading.abort();
    if let Some(resizing) = resizing {
        resizing.abort();
    }
    // Exit codes are bytes; the engine's number is wider.
    ended.map(|code| code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

fn size() -> Option<TerminalSize> {
    let size = tcgetwinsize(std::io::stdout()).ok()?;
    Some(TerminalSize { columns: size.ws_col, rows: size.ws_row })
}

async fn follow_size(program: Arc<dyn TerminalProgram>) {
    let Ok(mut changes) = signal(SignalKind::window_change()) else { return };
    while changes.recv().await.is_some() {
        if let Some(size) = size() {
            drop(program.resize(size).await);
        }
    }
}

/// This terminal, handing on every key; dropped, it is as before.
struct Raw(Termios);

impl Raw {
    fn begin() -> Option<Self> {
        let before = tcgetattr(std::io::stdin()).ok()?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(std::io::stdin(), OptionalActions::Now, &raw).ok()?;
        Some(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.0);
    }
}
