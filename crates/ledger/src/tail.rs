//! A ledger read while it grows: for those who watch a run, never for a number of it.

use std::{
    io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom},
    path::PathBuf,
};

use crate::run::{Line, RunDir, RunError};

/// How far a ledger has been read.
#[derive(Clone, Debug)]
pub struct Tail {
    path: PathBuf,
    read: u64,
}

impl RunDir {
    /// Its ledger, from the first line on; there need not be one yet.
    pub fn tail(&self) -> Tail {
        Tail { path: self.ledger_path(), read: 0 }
    }
}

impl Tail {
    /// The whole lines written since the last call. The chain is not checked; lines of a newer program that this one
    /// does not understand are left out.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn next_lines(&mut self) -> Result<Vec<Line>, RunError> {
        let mut lines = Vec::new();
        let mut file = match fs_err::File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(lines),
            Err(error) => return Err(error.into()),
        };
        file.seek(SeekFrom::Start(self.read))?;
        let mut reader = BufReader::new(file);
        let mut text = Vec::new();
        loop {
            text.clear();
            let length = reader.read_until(b'\n', &mut text)?;
            if text.last() != Some(&b'\n') {
                return Ok(lines);
            }
            self.read += length as u64;
            lines.extend(serde_json::from_slice::<Line>(&text).ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn each_line_is_given_once_and_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut tail = RunDir::at(folder.path()).tail();
        assert!(tail.next_lines().unwrap().is_empty(), "there is no ledger yet");

        let line = |seq| {
            format!(r#"{{"seq":{seq},"at_ms":1,"event":{{"event":"closed","reason":"x"}},"hash":"h"}}"#)
        };
        let mut file = fs_err::File::create(folder.path().join("ledger.jsonl")).unwrap();
        write!(file, "{}\n{{\"of a newer\": \"program\"}}\n{}", line(0), line(1)).unwrap();
        let mut seen = || tail.next_lines().unwrap().iter().map(|line| line.seq).collect::<Vec<_>>();
        assert_eq!(seen(), [0]);
        assert!(seen().is_empty());
        file.write_all(b"\n").unwrap();
        assert_eq!(seen(), [1]);
    }
}
