//! The gateway as a program of its own under load, and the LiteLLM proxy beside it in the same run: the same clients
//! ask the same null provider straight, through the one, and through the other. `scripts/compare` starts it.
//!
//! Environment: `OVERHANG_PROGRAM` (the program; needed), `OVERHANG_LITELLM` (the proxy's command; left out when
//! unset), `OVERHANG_BENCH_REQUESTS` (requests that the memory is watched over, default 10000).
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot set up must fail, and prints what it measured"
)]

#[path = "load/provider.rs"]
mod provider;
#[path = "load/subject.rs"]
mod subject;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::json;
use subject::Subject;
use tokio::task::JoinSet;

/// Clients at once, where the rate is measured.
const CLIENTS: usize = 40;
/// Streams held open at once.
const STREAMS: usize = 500;

/// What was measured of one subject.
struct Measured {
    whole: Duration,
    first: Duration,
    rate: f64,
}

fn main() {
    let Ok(program) = std::env::var("OVERHANG_PROGRAM") else {
        println!("load: not run, OVERHANG_PROGRAM is not set: use scripts/compare");
        return;
    };
    // The client asks for one, though it only ever speaks to loopback, in the clear.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(compare(&program));
}

async fn compare(program: &str) {
    let provider = provider::start().await;
    let gateway = Subject::gateway(program, &provider);
    let litellm = match std::env::var("OVERHANG_LITELLM") {
        Ok(command) => Some(Subject::litellm(&command, &provider).await),
        Err(_) => None,
    };
    let direct = Subject::direct(&provider);
    println!("2 kB requests in openai-chat, null provider on loopback, {CLIENTS} clients for the rate");
    println!("{:<10} {:>14} {:>18} {:>12}", "", "whole p50", "first token p50", "requests/s");
    let straight = measure(&direct, 2000).await;
    tell("straight", &straight);
    let ours = measure(&gateway, 2000).await;
    tell("gateway", &ours);
    println!("figure load/whole-answer {:.4} ms", ours.whole.as_secs_f64() * 1e3);
    println!("figure load/first-token {:.4} ms", ours.first.as_secs_f64() * 1e3);
    println!("figure load/rate {:.0} requests/s", ours.rate);
    if let Some(litellm) = &litellm {
        let theirs = measure(litellm, 300).await;
        tell("litellm", &theirs);
        println!(
            "the gateway adds {:.1} times less to a whole answer and {:.1} times less to a first token, and carries {:.0} times the requests",
            ratio(theirs.whole - straight.whole, ours.whole.saturating_sub(straight.whole)),
            ratio(theirs.first - straight.first, ours.first.saturating_sub(straight.first)),
            ours.rate / theirs.rate
        );
    }
    memory(&gateway).await;
}

fn ratio(more: Duration, less: Duration) -> f64 {
    more.as_secs_f64() / less.as_secs_f64().max(1e-6)
}

fn tell(name: &str, measured: &Measured) {
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    let Measured { whole, first, rate } = measured;
    println!("{name:<10} {:>11.3} ms {:>15.3} ms {rate:>12.0}", ms(*whole), ms(*first));
}

/// A request of about 2 kB.
fn request(model: &str, stream: bool, text: &str) -> Bytes {
    let text = format!("{text} {}", "a line of a conversation\n".repeat(75));
    let messages = json!([{"role": "user", "content": text}]);
    let body = json!({"model": model, "max_tokens": 1000, "stream": stream, "messages": messages});
    Bytes::from(body.to_string())
}

async fn ask(client: &reqwest::Client, subject: &Subject, body: Bytes) -> reqwest::Response {
    let request =
        client.post(&subject.url).bearer_auth(&subject.token).header("content-type", "application/json");
    let response = request.body(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).no_proxy().tcp_nodelay(true).build().unwrap()
}

async fn measure(subject: &Subject, calls: usize) -> Measured {
    let client = client();
    let body = request(&subject.model, false, "");
    for _ in 0..calls / 10 {
        ask(&client, subject, body.clone()).await.bytes().await.unwrap();
    }
    let mut whole = Vec::new();
    for _ in 0..calls {
        let began = Instant::now();
        ask(&client, subject, body.clone()).await.bytes().await.unwrap();
        whole.push(began.elapsed());
    }
    let body = request(&subject.model, true, "");
    let mut first = Vec::new();
    for _ in 0..calls {
        let began = Instant::now();
        let mut answer = ask(&client, subject, body.clone()).await;
        answer.chunk().await.unwrap().unwrap();
        first.push(began.elapsed());
        while answer.chunk().await.unwrap().is_some() {}
    }
    Measured { whole: median(whole), first: median(first), rate: rate(subject, calls * 5).await }
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

/// Requests a second with many clients at once.
async fn rate(subject: &Subject, calls: usize) -> f64 {
    let client = client();
    let body = request(&subject.model, false, "");
    let subject = Arc::new(subject.clone());
    let began = Instant::now();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (client, subject, body) = (client.clone(), Arc::clone(&subject), body.clone());
        clients.spawn(async move {
            for _ in 0..calls / CLIENTS {
                ask(&client, &subject, body.clone()).await.bytes().await.unwrap();
            }
        });
    }
    clients.join_all().await;
    (calls / CLIENTS * CLIENTS) as f64 / began.elapsed().as_secs_f64()
}

/// Whether the gateway's memory stays where it is, and what an open stream takes.
async fn memory(gateway: &Subject) {
    let requests: usize =
        std::env::var("OVERHANG_BENCH_REQUESTS").map_or(10_000, |count| count.parse().unwrap());
    println!("\nresident memory of the gateway");
    println!("{:>8} kB now", gateway.resident_kb());
    for part in 1..=4 {
        rate(gateway, requests / 4).await;
        println!("{:>8} kB after {} more requests", gateway.resident_kb(), requests / 4 * part);
    }
    let before = gateway.resident_kb();
    let client = client();
    let body = request(&gateway.model, true, provider::HOLD);
    let mut open = Vec::new();
    for _ in 0..STREAMS {
        let mut answer = ask(&client, gateway, body.clone()).await;
        answer.chunk().await.unwrap().unwrap();
        open.push(answer);
    }
    let grown = gateway.resident_kb().saturating_sub(before);
    println!("{:>8.1} kB for each of {STREAMS} open streams", grown as f64 / STREAMS as f64);
    println!("figure load/memory-per-stream {:.1} kB", grown as f64 / STREAMS as f64);
}
