//! A provider of `openai-chat` that says the same at once, whatever it is asked.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::mpsc};

/// A request with this text is answered by a stream that does not end.
pub(crate) const HOLD: &str = "hold-this-stream";

const WHOLE: &str = r#"{"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "null", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 500, "completion_tokens": 1, "total_tokens": 501}}"#;
const EVENTS: [&str; 3] = [
    r#"{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "null", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "hi"}, "finish_reason": null}]}"#,
    r#"{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "null", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}"#,
    r#"{"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "null", "choices": [], "usage": {"prompt_tokens": 500, "completion_tokens": 1, "total_tokens": 501}}"#,
];

/// Starts it; its base URL.
pub(crate) async fn start() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(served);
        }
    });
    format!("http://{address}")
}

async fn answer(
    request: Request<Incoming>,
) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, Infallible> {
    let body = request.into_body().collect().await.unwrap_or_default().to_bytes();
    let body = String::from_utf8_lossy(&body);
    let holds = body.contains(HOLD);
    let streams = ["\"stream\":true", "\"stream\": true"].iter().any(|mark| body.contains(mark));
    let (sender, receiver) = mpsc::channel::<Bytes>(4);
    tokio::spawn(async move {
        if !streams {
            drop(sender.send(Bytes::from_static(WHOLE.as_bytes())).await);
            return;
        }
        for event in EVENTS {
            if sender.send(format!("data: {event}\n\n").into()).await.is_err() {
                return;
            }
            if holds {
                tokio::select! { () = sender.closed() => {}, () = tokio::time::sleep(Duration::from_secs(3600)) => {} }
                return;
            }
        }
        drop(sender.send(Bytes::from_static(b"data: [DONE]\n\n")).await);
    });
    let body = futures_util::stream::unfold(receiver, |mut receiver| async {
        let chunk = receiver.recv().await?;
        Some((Ok::<_, Infallible>(Frame::data(chunk)), receiver))
    });
    let content_type = if streams { "text/event-stream" } else { "application/json" };
    let response = Response::builder().header("content-type", content_type);
    Ok(response.body(StreamBody::new(body).boxed_unsync()).unwrap())
}
