//! A run's directory: plan, ledger, bodies, and the lock of the program that works on it.

use std::{
    borrow::Cow,
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    panic::resume_unwind,
    path::{Path, PathBuf},
    thread,
};

use rustix::fs::{FlockOperation, flock};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    blobs::BlobStore,
    chain::{canonical, first_link, next_link},
    counted::BriefLine,
    event::Event,
    lines::{self, Batch, Form, Source},
    newer,
    parse::{InBrief, Reading, Said, Unhashed, Whole},
    plan::{self, Plan},
};

/// The directory in which a plan is carried out.
#[derive(Clone, Debug)]
pub struct RunDir {
    root: PathBuf,
}

/// Why a run's directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A file is not the JSON it should be.
    #[error("{path}: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The directory holds another plan.
    #[error(
        "{path} holds another plan ({found}, not {wanted}): the sweep or a file it names has changed; start a new run with --run-dir, or put the files back"
    )]
    OtherPlan {
        /// The directory.
        path: PathBuf,
        /// Digest there.
        found: String,
        /// Digest asked for.
        wanted: String,
    },
    /// Another program works on it.
    #[error("{path} is in use by {owner}: wait for it, or stop it")]
    InUse {
        /// The directory.
        path: PathBuf,
        /// Process id and host.
        owner: String,
    },
    /// A line does not follow from the one before.
    #[error("{path}, line {line}: {what}; the ledger was damaged or edited")]
    Damaged {
        /// The ledger.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// The plan is not the one that was hashed before the first trial.
    #[error("{path} was edited: its digest is {found}, and the run began with {wanted}")]
    EditedPlan {
        /// The file.
        path: PathBuf,
        /// Digest of what is there.
        found: String,
        /// Digest written before the first trial.
        wanted: String,
    },
    /// Written by a newer program: it is read, never written.
    #[error(
        "{path} was written by a newer version of this program ({found}): it can be reported here, and gone on with by that version only"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version found.
        found: u32,
    },
}

/// One line of the ledger.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// Place in the ledger, from 0.
    pub seq: u64,
    /// Milliseconds since the Unix epoch. Part of the hashed content.
    pub at_ms: u64,
    /// What happened.
    pub event: Event,
    /// The chain's link after this event.
    pub hash: String,
}

/// What a ledger held when read.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The run's id.
    pub run_id: String,
    /// Its lines, checked link by link.
    pub lines: Vec<Line>,
    /// Whether the last line was cut short by a crash, and left out.
    pub truncated: bool,
    /// Lines of a newer program that this one does not understand, and leaves out.
    pub unknown: usize,
    /// The chain's last link.
    pub head: String,
}

/// What is known of a ledger once every line of it has been read and checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The run's id.
    pub run_id: String,
    /// SHA-256 of the plan, as written before the first trial.
    pub plan_digest: String,
    /// Number of lines this program understands.
    pub events: usize,
    /// As [`Contents::truncated`].
    pub truncated: bool,
    /// As [`Contents::unknown`].
    pub unknown: usize,
    /// As [`Contents::head`].
    pub head: String,
}

/// `run.json`: which run a directory holds.
#[derive(Serialize, Deserialize, JsonSchema)]
struct RunFile {
    /// The run's id; the chain's first link is made of it.
    id: String,
    /// SHA-256 of the plan's canonical JSON.
    plan_digest: String,
}

/// The schemas of a run's files, by name: `plan.json`, `run.json`, and a line of `ledger.jsonl`.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("run-plan", schemars::schema_for!(Plan).to_value()),
        ("run-run", schemars::schema_for!(RunFile).to_value()),
        ("run-line", schemars::schema_for!(Line).to_value()),
    ]
}

impl RunDir {
    /// Names a directory without touching it.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// Its bodies.
    pub fn blobs(&self) -> BlobStore {
        BlobStore::new(self.root.join("blobs"))
    }

    pub(crate) fn ledger_path(&self) -> PathBuf {
        self.root.join("ledger.jsonl")
    }

    /// Writes the plan into a fresh directory, or checks that the one there is the same.
    ///
    /// # Errors
    /// [`RunError::OtherPlan`] when the directory holds another plan; [`RunError::Newer`] for a newer one; I/O.
    pub fn prepare(&self, plan: &Plan) -> Result<(), RunError> {
        if plan.version > Plan::VERSION {
            return Err(RunError::Newer { path: self.plan_path(), found: plan.version });
        }
        let digest = plan.digest().map_err(|source| RunError::Json { path: self.plan_path(), source })?;
        if self.run_path().exists() {
            let found = self.run_file()?.plan_digest;
            return if found == digest {
                Ok(())
            } else {
                Err(RunError::OtherPlan { path: self.root.clone(), found, wanted: digest })
            };
        }
        fs_err::create_dir_all(&self.root)?;
        write_synced(&self.plan_path(), &json(plan, &self.plan_path())?)?;
        let run = RunFile { id: uuid::Uuid::now_v7().to_string(), plan_digest: digest };
        // Last: a directory with this file has a whole plan.
        write_synced(&self.run_path(), &json(&run, &self.run_path())?)
    }

    /// The plan. Of a newer program's, what this one knows of it.
    ///
    /// # Errors
    /// When it is missing or damaged, or is not the plan that was hashed before the first trial.
    pub fn plan(&self) -> Result<Plan, RunError> {
        let path = self.plan_path();
        let mut value: Value = read_json(&path)?;
        let (found, wanted) = (plan::digest_of(&value), self.plan_digest()?);
        if found != wanted {
            return Err(RunError::EditedPlan { path, found, wanted });
        }
        if plan::version_of(value.get("version")) > Plan::VERSION {
            newer::keep_what_is_known(&mut value);
        }
        serde_json::from_value(value).map_err(|source| RunError::Json { path, source })
    }

    /// Refuses a run that a newer program wrote.
    fn writable(&self) -> Result<(), RunError> {
        match self.plan_version()? {
            found if found > Plan::VERSION => Err(RunError::Newer { path: self.plan_path(), found }),
            _ => Ok(()),
        }
    }

    /// SHA-256 of the plan, as written before the first trial.
    ///
    /// # Errors
    /// When the directory holds no run.
    pub fn plan_digest(&self) -> Result<String, RunError> {
        Ok(self.run_file()?.plan_digest)
    }

    /// The run's id.
    ///
    /// # Errors
    /// When the directory holds no run.
    pub fn id(&self) -> Result<String, RunError> {
        Ok(self.run_file()?.id)
    }

    /// Reads the ledger without locking it, checking every link. A last line cut short by a crash is left out.
    ///
    /// # Errors
    /// [`RunError::Damaged`] for any other damage, with the line.
    pub fn read(&self) -> Result<Contents, RunError> {
        let mut lines = Vec::new();
        let Checked { run_id, truncated, unknown, head, .. } = self.each_line(|line| {
            lines.push(line);
            Ok::<(), RunError>(())
        })?;
        Ok(Contents { run_id, lines, truncated, unknown, head })
    }

    /// As [`RunDir::read`], for ledgers too large to hold: `take` is given one line after the other, each checked.
    ///
    /// # Errors
    /// As [`RunDir::read`], and whatever `take` returns.
    pub fn each_line<E: From<RunError>>(
        &self,
        mut take: impl FnMut(Line) -> Result<(), E>,
    ) -> Result<Checked, E> {
        self.each::<Whole, E>(|Said { seq, at_ms, what: event }, hash| {
            take(Line { seq, at_ms, event, hash: String::from_utf8_lossy(hash).into_owned() })
        })
    }

    /// The same for those who only count: model calls, nearly all of a ledger, are not read any further than that.
    ///
    /// # Errors
    /// As [`RunDir::each_line`].
    pub fn each_line_in_brief<E: From<RunError>>(
        &self,
        mut take: impl FnMut(BriefLine<'_>) -> Result<(), E>,
    ) -> Result<Checked, E> {
        self.each::<InBrief, E>(|Said { seq, at_ms, what }, hash| {
            take(BriefLine { seq, at_ms, hash: Cow::Borrowed(hash), what })
        })
    }

    fn each<R: Reading, E: From<RunError>>(
        &self,
        mut take: impl FnMut(Said<R::What<'_>>, &[u8]) -> Result<(), E>,
    ) -> Result<Checked, E> {
        let RunFile { id: run_id, plan_digest } = self.run_file()?;
        let path = self.ledger_path();
        let written_by = self.plan_version()?;
        let form = if written_by < 2 { Form::Any } else { Form::Canonical };
        let head = first_link(&run_id);
        let mut checked = Checked { run_id, plan_digest, events: 0, truncated: false, unknown: 0, head };
        if !path.exists() {
            return Ok(checked);
        }
        let io = |error| E::from(RunError::Io(error));
        let mut source = Source::new(fs_err::File::open(&path).map_err(io)?);
        let (mut number, mut batch, mut next) = (0, Batch::default(), Batch::default());
        let mut head = checked.head.clone().into_bytes();
        batch.read(&mut source).map_err(io)?;
        loop {
            let first = head.clone();
            let take_one = |read: lines::Read<'_, R>| -> Result<(), E> {
                number += 1;
                let damaged = |what: String| RunError::Damaged { path: path.clone(), line: number, what };
                let (hash, written) = read.map_err(damaged)?;
                head.clear();
                head.extend_from_slice(&hash);
                let said = match written {
                    Ok(said) => said,
                    Err(_) if written_by > Plan::VERSION => {
                        checked.unknown += 1;
                        return Ok(());
                    }
                    Err(error) => return Err(damaged(error.to_string()).into()),
                };
                if said.seq + 1 != number as u64 {
                    return Err(damaged(format!("sequence number {} is out of place", said.seq)).into());
                }
                opened_with(R::event(&said.what), number, &checked.plan_digest).map_err(damaged)?;
                checked.events += 1;
                take(said, &hash)
            };
            thread::scope(|scope| {
                let reading = scope.spawn(|| if batch.is_last() { Ok(()) } else { next.read(&mut source) });
                lines::check::<R, E>(&first, &batch.lines(), form, take_one)?;
                reading.join().unwrap_or_else(|panic| resume_unwind(panic)).map_err(io)
            })?;
            if batch.is_last() {
                break;
            }
            std::mem::swap(&mut batch, &mut next);
        }
        checked.head = String::from_utf8_lossy(&head).into_owned();
        checked.truncated = batch.cut_short;
        Ok(checked)
    }

    /// Takes the run in hand: locks it, reads what is there, cuts off a half-written last line.
    ///
    /// # Errors
    /// [`RunError::InUse`] when another program has it; [`RunError::Newer`]; damage; I/O.
    pub fn open(&self) -> Result<(Ledger, Contents), RunError> {
        self.writable()?;
        // The directory itself is locked: a file in it can be removed by hand, and made again by a second owner.
        let lock = fs_err::File::open(&self.root)?;
        let owner_path = self.root.join("lock");
        if flock(lock.file(), FlockOperation::NonBlockingLockExclusive).is_err() {
            let owner = fs_err::read_to_string(&owner_path).unwrap_or_default();
            let owner = if owner.trim().is_empty() { "another program" } else { owner.trim() };
            return Err(RunError::InUse { path: self.root.clone(), owner: owner.to_owned() });
        }
        fs_err::write(&owner_path, format!("process {} on {}\n", std::process::id(), host_name()))?;
        let contents = self.read()?;
        let mut file = fs_err::OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(self.ledger_path())?;
        let whole = whole_lines(&mut file)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        let ledger =
            Ledger { file, head: contents.head.clone(), seq: contents.lines.len() as u64, _lock: lock };
        Ok((ledger, contents))
    }

    /// The version of the plan's file, of which nothing else is kept: a plan may hold very many trials.
    pub(crate) fn plan_version(&self) -> Result<u32, RunError> {
        #[derive(Deserialize)]
        struct Said {
            version: Option<Value>,
        }
        let said: Said = read_json(&self.plan_path())?;
        Ok(plan::version_of(said.version.as_ref()))
    }

    fn plan_path(&self) -> PathBuf {
        self.root.join("plan.json")
    }

    fn run_path(&self) -> PathBuf {
        self.root.join("run.json")
    }

    fn run_file(&self) -> Result<RunFile, RunError> {
        read_json(&self.run_path())
    }
}

/// An open ledger: the one writer of a run.
#[derive(Debug)]
pub struct Ledger {
    file: fs_err::File,
    head: String,
    seq: u64,
    _lock: fs_err::File,
}

impl Ledger {
    /// Appends events in order and syncs them to disk, once for all.
    ///
    /// # Errors
    /// When they could not be written: nothing must be acted on then.
    pub fn append(&mut self, events: &[Event]) -> Result<(), RunError> {
        let path = self.file.path().to_owned();
        let as_json = |source| RunError::Json { path: path.clone(), source };
        let start = self.file.stream_position()?;
        let (mut text, mut head, mut seq) = (Vec::new(), self.head.clone(), self.seq);
        for event in events {
            let line = Unhashed { seq, at_ms: now_ms(), event: event.clone() };
            let mut value = serde_json::to_value(&line).map_err(as_json)?;
            head = next_link(&head, &value);
            value["hash"] = Value::String(head.clone());
            text.extend(canonical(&value));
            text.push(b'\n');
            seq += 1;
        }
        if let Err(error) = self.file.write_all(&text).and_then(|()| self.file.sync_data()) {
            // What was half written (a full disk) must not stay before the next line.
            self.file.set_len(start)?;
            self.file.seek(SeekFrom::Start(start))?;
            return Err(error.into());
        }
        (self.head, self.seq) = (head, seq);
        Ok(())
    }

    /// The chain's last link.
    pub fn head(&self) -> &str {
        &self.head
    }
}

/// Milliseconds since the Unix epoch.
pub fn now_ms() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0)
}

/// The host's name, as the kernel tells it.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// What binds a ledger to its plan: the first line says with which plan the run was opened, and so does each line that
/// tells of a program that took it in hand again.
fn opened_with(event: Option<&Event>, number: usize, plan_digest: &str) -> Result<(), String> {
    match event {
        Some(Event::Opened { plan, .. }) if plan == plan_digest => Ok(()),
        Some(Event::Opened { plan, .. }) => {
            Err(format!("the run was opened with the plan {plan}, and plan.json is {plan_digest}"))
        }
        _ if number == 1 => Err("the first line does not say with which plan the run was opened".into()),
        _ => Ok(()),
    }
}

fn whole_lines(file: &mut fs_err::File) -> Result<u64, RunError> {
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(0))?;
    let (mut whole, mut line) = (0, Vec::new());
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line)? as u64;
        if read == 0 || line.last() != Some(&b'\n') {
            return Ok(whole);
        }
        whole += read;
    }
}

fn json<T: Serialize>(value: &T, path: &Path) -> Result<Vec<u8>, RunError> {
    serde_json::to_vec_pretty(value).map_err(|source| RunError::Json { path: path.into(), source })
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, RunError> {
    let text = fs_err::read(path)?;
    serde_json::from_slice(&text).map_err(|source| RunError::Json { path: path.into(), source })
}

fn write_synced(path: &Path, content: &[u8]) -> Result<(), RunError> {
    let part = path.with_extension("part");
    let mut file = fs_err::File::create(&part)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs_err::rename(&part, path)?;
    Ok(())
}
