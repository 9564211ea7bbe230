//! HTTP in: the token checked, the body bounded, the path understood.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use dialect::{ErrorKind, error};
use http::{HeaderValue, Method, Response, StatusCode, header::CONTENT_TYPE, request::Parts};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret;
use serde_json::Value;
use spec::Dialect;
use subtle::ConstantTimeEq;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tracing::Instrument as _;

use crate::{
    body::BodyStream,
    call::{self, Call},
    intake::{LARGEST, Room},
    now_ms,
    reading::{self, Decoded, Purpose},
    reply::{Head, JSON, Reply},
    route::{self, Route},
    session::Session,
};

/// Set to `1` on every answer that says the budget is gone, so that our own loop need not read the text.
pub const EXHAUSTED_HEADER: &str = "x-overhang-exhausted";

/// How long a request may take to come in. It comes from this machine.
const READING: Duration = Duration::from_secs(60);

/// What is kept of the path of a request that was turned away, in characters.
const PATH_SHOWN: usize = 100;

/// Serves one connection until it ends.
pub(crate) async fn serve(io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, sessions: Vec<Session>) {
    let service = service_fn(|request| async {
        let (head, body) = request.into_parts();
        Ok::<_, Infallible>(receive(&sessions, head, body).await)
    });
    // No limit on the time between requests: a connection closed while a client sends its next one costs a call.
    let served = http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(io), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

pub(crate) async fn receive(sessions: &[Session], head: Parts, body: Incoming) -> Response<BodyStream> {
    let route = route::route(&head.method, &head.uri, &head.headers);
    if route == Route::Probe {
        return probe(&head.method);
    }
    let dialect = route.dialect();
    let Some(session) = authenticate(sessions, &head) else {
        let why = "the token is missing or not this trial's";
        // A container's connections belong to one session, whatever they carry.
        if let [session] = sessions {
            turn_away(session, &head, why);
        }
        return refuse(dialect, ErrorKind::Authentication, why);
    };
    let too_large = || refuse(dialect, ErrorKind::TooLarge, "the request is larger than 16 MiB");
    let bounds = body.size_hint();
    if bounds.lower() > LARGEST as u64 {
        return too_large();
    }
    let most = bounds.upper().and_then(|most| usize::try_from(most).ok()).unwrap_or(LARGEST);
    let mut room = session.0.intake.room(most.min(LARGEST)).await;
    let read = timeout(READING, Limited::new(body, LARGEST).collect()).await;
    match read {
        Ok(Ok(body)) => {
            let body = body.to_bytes();
            room.shrink(body.len());
            handle(session, head, body, room).await
        }
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => too_large(),
        Ok(Err(_)) => refuse(dialect, ErrorKind::InvalidRequest, "the request broke off"),
        Err(_) => refuse(dialect, ErrorKind::InvalidRequest, "the request did not come in within a minute"),
    }
}

/// Every token is compared in full, in the same time whether it is right or wrong.
pub(crate) fn authenticate<'a>(sessions: &'a [Session], head: &Parts) -> Option<&'a Session> {
    let token = route::token(&head.uri, &head.headers)?.as_bytes();
    let matches = |session: &Session| session.token().expose_secret().as_bytes().ct_eq(token);
    sessions
        .iter()
        .fold(None, |found, session| if bool::from(matches(session)) { Some(session) } else { found })
}

/// Answers a request without a connection, for the bare loop: the same way as those that come over one, save the
/// token.
pub async fn request(session: &Session, request: http::Request<Bytes>) -> Response<BodyStream> {
    let (head, body) = request.into_parts();
    handle(session, head, body, Room::default()).await
}

/// Answers a request whose session is known.
async fn handle(session: &Session, head: Parts, body: Bytes, mut room: Room) -> Response<BodyStream> {
    let route = route::route(&head.method, &head.uri, &head.headers);
    let dialect = route.dialect();
    let model = &session.0.model;
    let refuse = |kind, why: &str| {
        session.0.state().refuse();
        refuse(dialect, kind, why)
    };
    match route {
        Route::Probe => probe(&head.method),
        Route::Models(dialect) => json(
            StatusCode::OK,
            &dialect::models(dialect, &model.id, model.limits.context, model.limits.output),
        ),
        Route::Count(dialect) => match read(session, dialect, &body, Purpose::Count, &mut room).await {
            Ok(decoded) => {
                let (input, ..) = session.0.state().input(&decoded.weighed);
                json(StatusCode::OK, &dialect::count_tokens(dialect, input.input()))
            }
            Err(why) => refuse(ErrorKind::InvalidRequest, &why),
        },
        Route::Generate { dialect, in_path } => {
            let purpose = Purpose::Answer { in_path };
            match read(session, dialect, &body, purpose, &mut room).await {
                Ok(decoded) => generate(session, dialect, decoded, head, body, room).await,
                Err(why) => refuse(ErrorKind::InvalidRequest, &why),
            }
        }
        Route::Method(_) => {
            let why = "this path is not asked with this method";
            turn_away(session, &head, why);
            refuse(ErrorKind::Method, why)
        }
        Route::Unknown(_) => {
            turn_away(session, &head, "no such path");
            refuse(ErrorKind::NotFound, "no such path")
        }
    }
}

/// Keeps what was asked, for the trial's record. The query is left out: some clients put their token there.
fn turn_away(session: &Session, head: &Parts, why: &str) {
    let path: String = head.uri.path().chars().take(PATH_SHOWN).collect();
    session.0.state().turn_away(format!("{} {path}: {why}", head.method));
}

/// Reads a body within the session's bounds.
async fn read(
    session: &Session,
    dialect: Dialect,
    body: &[u8],
    purpose: Purpose,
    room: &mut Room,
) -> Result<Decoded, String> {
    session.0.intake.read(room, body, || reading::decode(session, dialect, body, &purpose)).await
}

async fn generate(
    session: &Session,
    dialect: Dialect,
    decoded: Decoded,
    head: Parts,
    body: Bytes,
    room: Room,
) -> Response<BodyStream> {
    let inner = &session.0;
    if inner.closing.is_cancelled() {
        return refuse(dialect, ErrorKind::Permission, "the trial has ended");
    }
    if inner.is_full() {
        let why = "what was sent and answered fills the trial's disk";
        turn_away(session, &head, why);
        return refuse(dialect, ErrorKind::Permission, why);
    }
    let Decoded { request, losses, include_usage, weighed, rewritten } = decoded;
    let upstream_model = inner.model.endpoint.as_ref().map(|endpoint| endpoint.model.as_str());
    let is_under_test = request.model == inner.model.id || Some(request.model.as_str()) == upstream_model;
    let query = head.uri.query().unwrap_or_default();
    let as_array =
        dialect == Dialect::Gemini && request.stream && !query.split('&').any(|pair| pair == "alt=sse");
    let kind = inner.state().conversations.classify(&request);
    let (reply, receiver, stream) = Reply::new(dialect, request.stream, inner.keep_alive, as_array);
    let call = Call {
        session: inner.clone(),
        number: inner.state().arrive(),
        arrived_ms: now_ms(),
        dialect,
        kind,
        other_model: !is_under_test,
        headers: head.headers,
        query: head.uri.query().map(str::to_owned),
        body,
        request,
        weighed: Arc::new(weighed),
        losses,
        include_usage,
        rewritten,
        _room: room,
    };
    // A task of its own: it settles and records even when this future is dropped with the connection.
    let span = tracing::info_span!("call", trial = %inner.spec.trial, number = call.number, %dialect);
    inner.tasks.spawn(call::run(call, reply).instrument(span));
    match receiver.await {
        Ok(head) => respond(&head, stream),
        Err(_) => refuse(dialect, ErrorKind::Internal, "the call was cancelled"),
    }
}

pub(crate) fn respond(head: &Head, body: BodyStream) -> Response<BodyStream> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(head.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let content_type = HeaderValue::try_from(&head.content_type);
    let content_type = content_type.unwrap_or(HeaderValue::from_static(JSON));
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    if head.exhausted {
        response.headers_mut().insert(EXHAUSTED_HEADER, HeaderValue::from_static("1"));
    }
    response
}

fn json(status: StatusCode, value: &Value) -> Response<BodyStream> {
    let head = Head { status: status.as_u16(), content_type: JSON.into(), exhausted: false };
    respond(&head, BodyStream::whole(value.to_string()))
}

fn refuse(dialect: Dialect, kind: ErrorKind, why: &str) -> Response<BodyStream> {
    let status = StatusCode::from_u16(kind.status(dialect)).unwrap_or(StatusCode::BAD_REQUEST);
    json(status, &error::body(dialect, kind, why))
}

fn probe(method: &Method) -> Response<BodyStream> {
    let body = if *method == Method::HEAD { "" } else { "{\"ok\": true}" };
    let head = Head { status: 200, content_type: JSON.into(), exhausted: false };
    respond(&head, BodyStream::whole(body))
}
