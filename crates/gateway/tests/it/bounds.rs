//! What one trial may take of the program: bodies, values, what is stored, connections.

use std::{sync::Arc, time::Duration};

use gateway::{Allowance, GatewayConfig, Listener, Meter, Server, Unrecorded};
use scripted::{Answer, ScriptedUpstream, Step, Usage};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use spec::Dialect;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream},
    net::{TcpListener, TcpStream},
};
use vocabulary::FlagName;

use crate::support::{MODEL, Rig, ask, body, keys, model, read, rig};

async fn answering() -> (ScriptedUpstream, Rig) {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, _| {});
    (upstream, rig)
}

/// A connection that the gateway serves.
fn connected(rig: &Rig) -> DuplexStream {
    let (client, server) = tokio::io::duplex(1 << 16);
    let (gateway, session) = (rig.gateway.clone(), rig.session.clone());
    tokio::spawn(async move { gateway.serve(server, Some(&session)).await });
    client
}

/// What a gateway answers to these bytes, until it says no more for a while. `first`: longest wait for its first ones.
async fn raw(rig: &Rig, bytes: Vec<u8>, first: Duration) -> String {
    let client = connected(rig);
    let (mut reading, mut writing) = tokio::io::split(client);
    let sending = tokio::spawn(async move {
        drop(writing.write_all(&bytes).await);
        writing
    });
    let (mut answer, mut chunk, mut patience) = (Vec::new(), [0; 4096], first);
    while let Ok(Ok(read @ 1..)) = tokio::time::timeout(patience, reading.read(&mut chunk)).await {
        answer.extend_from_slice(&chunk[..read]);
        patience = SOON;
    }
    sending.abort();
    String::from_utf8_lossy(&answer).into_owned()
}

const SOON: Duration = Duration::from_millis(700);
const LONG: Duration = Duration::from_secs(60);

fn head(rig: &Rig, more: &str) -> String {
    let token = rig.session.token().expose_secret();
    format!("POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {token}\r\n{more}\r\n")
}

#[tokio::test]
async fn a_body_that_no_client_sends_is_refused_before_it_is_read() {
    let (upstream, rig) = answering().await;
    let answer = raw(&rig, head(&rig, "content-length: 62914560\r\n").into_bytes(), LONG).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // One that does not say how long it is, too.
    let mut endless = head(&rig, "transfer-encoding: chunked\r\n").into_bytes();
    for _ in 0..17 {
        endless.extend_from_slice(b"100000\r\n");
        endless.resize(endless.len() + (1 << 20), b' ');
        endless.extend_from_slice(b"\r\n");
    }
    let answer = raw(&rig, endless, LONG).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn a_body_of_more_values_or_levels_than_any_client_sends_is_refused() {
    let (upstream, rig) = answering().await;
    for (open, close) in
        [("[],".repeat(300_000), "[]"), ("{\"a\":0},".repeat(150_000), "[]"), ("[".repeat(200_000), "")]
    {
        let body =
            format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],"x":[{open}{close}]}}"#);
        for path in ["/v1/chat/completions", "/v1/messages/count_tokens"] {
            let request = http::Request::post(path).body(bytes::Bytes::from(body.clone())).unwrap();
            let got = read(gateway::request(&rig.session, request).await).await;
            assert_eq!(got.status, 400, "{}", got.text());
        }
    }
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn never_two_requests_out_of_one() {
    let (upstream, rig) = answering().await;
    let body = body(Dialect::OpenaiChat, false).to_string();
    let hidden = format!("0\r\n\r\n{}", head(&rig, "content-length: 2\r\n")) + "{}";
    let length = body.len();
    for more in [
        format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n{hidden}"),
        format!("content-length: {length}\r\ncontent-length: 3\r\n\r\n{body}"),
        format!("transfer-encoding: xchunked\r\n\r\n{hidden}"),
        format!("transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n{hidden}"),
        "transfer-encoding: chunked\r\n\r\n10000000000000000\r\n{}".to_owned(),
    ] {
        let head = head(&rig, "");
        let request = format!("{}{more}", head.trim_end_matches("\r\n").to_owned() + "\r\n");
        let answer = raw(&rig, request.into_bytes(), SOON).await;
        let answers = answer.matches("HTTP/1.1 ").count();
        assert!(answers <= 1 && !answer.contains(" 200 OK"), "{more}: {answer}");
    }
    let many = "x: y\r\n".repeat(5_000);
    for more in [format!("x: {}\r\n", "y".repeat(2 << 20)), many] {
        let answer = raw(&rig, head(&rig, &more).into_bytes(), LONG).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    assert!(upstream.seen().is_empty());
    assert!(
        raw(&rig, b"GET /metrics HTTP/1.1\r\nhost: g\r\n\r\n".to_vec(), SOON)
            .await
            .starts_with("HTTP/1.1 401 ")
    );
    assert!(
        raw(&rig, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), SOON)
            .await
            .matches("200 OK")
            .next()
            .is_none()
    );
}

#[tokio::test]
async fn pipelined_calls_are_each_charged() {
    let (_upstream, rig) = answering().await;
    let body = body(Dialect::OpenaiChat, false).to_string();
    let one = head(&rig, &format!("content-length: {}\r\n", body.len())) + &body;
    let answer = raw(&rig, one.repeat(30).into_bytes(), LONG).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 30);
    assert_eq!(rig.session.summary().used, 30.0 * 15.0);
}

/// Bytes that no two bodies share.
fn noise(seed: u64, length: usize) -> String {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + u8::try_from(state % 26).unwrap())
    };
    (0..length).map(|_| next()).collect()
}

fn saying(seed: u64, length: usize) -> Value {
    json!({"model": MODEL, "max_tokens": 9, "messages": [{"role": "user", "content": noise(seed, length)}]})
}

#[tokio::test]
async fn what_comes_after_the_budget_is_not_kept_without_bound() {
    let usage = Usage { input: 2_000_000, cache_read: 0, output: 5 };
    let upstream =
        ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi").using(Some(usage)))]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, spec| spec.budget = 1000.0);
    ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, false)).await;
    for number in 0..12 {
        ask(&rig.session, Dialect::OpenaiChat, &saying(number, 1 << 20)).await;
    }
    let kept: usize = rig.memory.bodies.lock().unwrap().values().map(Vec::len).sum();
    assert!(kept < 9 << 20, "{kept}");
    let calls = rig.memory.calls();
    assert_eq!(calls.len(), 13, "each is on record");
    let last = calls.last().unwrap();
    assert!(last.request.is_none() && last.edits.iter().any(|edit| edit.contains("not kept")), "{last:#?}");
}

#[tokio::test]
async fn what_is_kept_of_a_trials_calls_fills_its_disk_and_then_nothing_passes() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, spec| {
        (spec.budget, spec.disk) = (1e12, 1 << 20);
    });
    let mut passed = 0;
    while ask(&rig.session, Dialect::OpenaiChat, &saying(passed, 300_000)).await.status == 200 {
        passed += 1;
        assert!(passed < 10);
    }
    assert_eq!(passed, 4);
    tokio::time::timeout(Duration::from_secs(5), rig.session.full()).await.unwrap();
    assert!(rig.session.stored() < (1 << 20) + 310_000);
    let flags = rig.session.summary().flags;
    assert!(
        flags.iter().any(|flag| flag.name == FlagName::TurnedAway && flag.reason.contains("disk")),
        "{flags:?}"
    );
}

#[tokio::test]
async fn a_record_holds_little_of_a_clients_own_words() {
    let (_upstream, rig) = answering().await;
    let mut body = body(Dialect::OpenaiChat, false);
    for number in 0..240 {
        body[format!("field_{number}")] = json!(1);
    }
    body["model"] = json!("m".repeat(1 << 20));
    body["f".repeat(1 << 20)] = json!(1);
    ask(&rig.session, Dialect::OpenaiChat, &body).await;
    let record = rig.memory.call();
    assert!(record.edits.iter().any(|edit| edit.starts_with("and ")), "{:?}", record.edits);
    let line = serde_json::to_string(&record).unwrap().len();
    assert!(line < 20_000, "{line}");
}

#[tokio::test]
async fn requests_of_one_trial_wait_for_each_other_and_not_for_its_neighbours() {
    let (_upstream, rig) = answering().await;
    // Two of them take all the room that the trial has.
    let mut silent = Vec::new();
    for _ in 0..4 {
        let mut client = connected(&rig);
        client.write_all(head(&rig, "content-length: 16777216\r\n").as_bytes()).await.unwrap();
        silent.push(client);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let said = saying(9, 100).to_string();
    let small = |rig: &Rig| (head(rig, &format!("content-length: {}\r\n", said.len())) + &said).into_bytes();
    assert_eq!(raw(&rig, small(&rig), SOON).await, "");
    let neighbour = rig.gateway.open(crate::support::session_spec()).unwrap();
    let neighbour = Rig { gateway: rig.gateway.clone(), session: neighbour, memory: Arc::clone(&rig.memory) };
    assert!(raw(&neighbour, small(&neighbour), LONG).await.starts_with("HTTP/1.1 200 "));
    drop(silent);
    assert!(raw(&rig, small(&rig), LONG).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_client_with_a_token_gets_in_whoever_else_is_connected() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))]).await.unwrap();
    let models = vec![model(Dialect::OpenaiChat, &upstream.url())];
    let token = SecretString::from("sk-overhang-a-token-of-this-test");
    let config = GatewayConfig::new(models.clone(), keys(&models), Arc::new(Unrecorded));
    let allowance =
        Allowance { budget: None, meter: Meter::parse("total").unwrap(), tokens: vec![token.clone()] };
    let server = Server::new(config, &allowance).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving =
        tokio::spawn(async move { server.serve(Listener::Tcp(listener), std::future::pending()).await });
    let body = body(Dialect::OpenaiChat, false).to_string();
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n{body}",
        token.expose_secret(),
        body.len()
    );
    let mut known = TcpStream::connect(address).await.unwrap();
    let mut answer = [0; 12];
    known.write_all(request.as_bytes()).await.unwrap();
    known.read_exact(&mut answer).await.unwrap();
    let mut idle = Vec::new();
    for _ in 0..400 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    // The oldest are sent away for those that came after them.
    let mut gone = [0; 1];
    let read = tokio::time::timeout(Duration::from_secs(5), idle[0].read(&mut gone)).await;
    assert!(matches!(read, Ok(Ok(0) | Err(_))), "{read:?}");
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(request.as_bytes()).await.unwrap();
    client.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    // One that has shown a token stays.
    known.write_all(request.as_bytes()).await.unwrap();
    let mut more = vec![0; 1 << 16];
    assert!(known.read(&mut more).await.unwrap() > 0);
    serving.abort();
}
