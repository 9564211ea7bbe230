//! A provider that says what a script tells it to, over HTTP/1.1 on loopback: in all four dialects, streaming and
//! not, with every fault a provider can have.
//!
//! Its wire formats are written by hand, apart from the codecs under test. The kit starts it to check a harness, and
//! tests start it to check everything else. It must never reach beyond loopback, or know what it is a stand-in for.

mod answer;
mod newer;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

pub use answer::{Answer, Usage, render};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Path and query.
    pub path: String,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The body as JSON; null when it is none.
    pub json: Value,
}

impl Seen {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a streamed answer was asked for.
    pub fn wants_stream(&self) -> bool {
        self.json["stream"] == true || self.path.contains(":streamGenerateContent")
    }

    /// Whether it is of `anthropic-messages`.
    pub fn is_anthropic(&self) -> bool {
        self.form() == Form::Anthropic
    }

    /// How many messages or items the conversation has.
    fn turns(&self) -> usize {
        ["messages", "input", "contents"]
            .iter()
            .filter_map(|key| self.json[key].as_array())
            .map(Vec::len)
            .sum()
    }

    fn form(&self) -> Form {
        match self.path.as_str() {
            path if path.starts_with("/v1/messages") => Form::Anthropic,
            path if path.starts_with("/v1/responses") => Form::Responses,
            path if path.starts_with("/v1beta/models/") => Form::Gemini,
            _ => Form::Chat,
        }
    }

    /// The output limit asked for.
    pub fn max_output(&self) -> Option<u64> {
        let keys = ["max_tokens", "max_completion_tokens", "max_output_tokens"];
        let gemini = self.json["generationConfig"]["maxOutputTokens"].as_u64();
        keys.iter().find_map(|key| self.json[key].as_u64()).or(gemini)
    }
}

/// The form that a request's answer takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Anthropic,
    Chat,
    Responses,
    Gemini,
}

/// What to do with one request.
#[derive(Clone, Debug)]
pub enum Step {
    /// Answer in the request's dialect, streamed when asked for.
    Answer(Answer),
    /// Answer with this status, these headers and this body.
    Status(u16, Vec<(&'static str, String)>, String),
    /// Answer 200 with a body of this content type, written in these pieces with pauses between; then the end mark.
    Pieces(&'static str, Vec<Vec<u8>>, Duration),
    /// The same, but the connection is closed before the end mark.
    Broken(&'static str, Vec<Vec<u8>>),
    /// Write these bytes as they stand, then close.
    Raw(Vec<u8>),
    /// Never answer.
    Hang,
    /// Close without a word.
    Close,
}

type Script = dyn Fn(usize, &Seen) -> Step + Send + Sync;

/// A provider on loopback. It ends when dropped.
pub struct ScriptedUpstream {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    hung_up: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl ScriptedUpstream {
    /// A provider that takes these steps, one a request; the last one again and again.
    ///
    /// # Errors
    /// When no port of loopback can be had.
    pub async fn start(steps: Vec<Step>) -> io::Result<Self> {
        let step = move |number: usize, _: &Seen| steps.get(number).or(steps.last()).cloned();
        Self::start_with(move |number, seen| step(number, seen).unwrap_or(Step::Close)).await
    }

    /// A provider that asks `script` what to do with each request, numbered from 0.
    ///
    /// # Errors
    /// When no port of loopback can be had.
    pub async fn start_with(
        script: impl Fn(usize, &Seen) -> Step + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (hang_ups, hung_up) = watch::channel(0);
        let script: Arc<Script> = Arc::new(script);
        let requests = Arc::clone(&seen);
        let hang_ups = Arc::new(hang_ups);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                if stream.set_nodelay(true).is_err() {
                    continue;
                }
                let (requests, script, hang_ups) =
                    (Arc::clone(&requests), Arc::clone(&script), Arc::clone(&hang_ups));
                connections.spawn(async move {
                    if connection(stream, &requests, &*script).await.is_err() {
                        hang_ups.send_modify(|count| *count += 1);
                    }
                });
            }
        });
        Ok(Self { address, seen, hung_up, task })
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).clone()
    }

    /// Resolves once so many clients have hung up on an answer.
    pub async fn hung_up(&self, count: usize) {
        if self.hung_up.clone().wait_for(|seen| *seen >= count).await.is_err() {
            // It has ended: no client hangs up any more.
            std::future::pending::<()>().await;
        }
    }
}

fn lock(seen: &Mutex<Vec<Seen>>) -> MutexGuard<'_, Vec<Seen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for ScriptedUpstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The client hung up on an answer.
struct HungUp;

impl From<io::Error> for HungUp {
    fn from(_: io::Error) -> Self {
        Self
    }
}

async fn connection(
    mut stream: TcpStream,
    requests: &Mutex<Vec<Seen>>,
    script: &Script,
) -> Result<(), HungUp> {
    while let Some(seen) = read_request(&mut stream).await {
        let step = {
            let mut requests = lock(requests);
            requests.push(seen.clone());
            script(requests.len() - 1, &seen)
        };
        match step {
            Step::Answer(answer) => {
                let (content_type, pieces) = render(&answer, &seen);
                if !answer.before.is_zero() {
                    wait(&mut stream, answer.before).await?;
                }
                write_pieces(&mut stream, content_type, pieces, answer.between).await?;
            }
            Step::Pieces(content_type, pieces, between) => {
                write_pieces(&mut stream, content_type, pieces, between).await?;
            }
            Step::Broken(content_type, pieces) => {
                write_head(&mut stream, content_type).await?;
                for piece in pieces {
                    write_chunk(&mut stream, &piece).await?;
                }
                return Ok(());
            }
            Step::Status(status, headers, body) => {
                let mut head = format!("HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\n");
                for (name, value) in headers {
                    head.push_str(&format!("{name}: {value}\r\n"));
                }
                head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
                stream.write_all(head.as_bytes()).await?;
            }
            Step::Raw(bytes) => {
                stream.write_all(&bytes).await?;
                return Ok(());
            }
            Step::Hang => {
                wait(&mut stream, Duration::from_secs(3600)).await?;
                return Ok(());
            }
            Step::Close => return Ok(()),
        }
    }
    Ok(())
}

async fn write_pieces(
    stream: &mut TcpStream,
    content_type: &str,
    pieces: Vec<Vec<u8>>,
    between: Duration,
) -> Result<(), HungUp> {
    write_head(stream, content_type).await?;
    for (position, piece) in pieces.iter().enumerate() {
        if position > 0 && !between.is_zero() {
            wait(stream, between).await?;
        }
        write_chunk(stream, piece).await?;
    }
    stream.write_all(b"0\r\n\r\n").await?;
    Ok(())
}

async fn write_head(stream: &mut TcpStream, content_type: &str) -> Result<(), HungUp> {
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    Ok(())
}

async fn write_chunk(stream: &mut TcpStream, piece: &[u8]) -> Result<(), HungUp> {
    if piece.is_empty() {
        return Ok(());
    }
    stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
    stream.write_all(piece).await?;
    stream.write_all(b"\r\n").await?;
    Ok(())
}

/// Waits, but no longer than the client stays.
async fn wait(stream: &mut TcpStream, pause: Duration) -> Result<(), HungUp> {
    let mut byte = [0];
    tokio::select! {
        read = stream.peek(&mut byte) => match read {
            Ok(1..) => {
                tokio::time::sleep(pause).await;
                Ok(())
            }
            _ => Err(HungUp),
        },
        () = tokio::time::sleep(pause) => Ok(()),
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap_or(0));
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    let json = serde_json::from_slice(&body).unwrap_or_default();
    Some(Seen { path, headers, body, json })
}
