//! A gateway on its own: listens, serves any client that knows a token, and tells Prometheus about it.

use std::{convert::Infallible, future::Future, io, sync::Arc, time::Duration};

use http::Response;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use ledger::TrialId;
use secrecy::SecretString;
use spec::{
    harness::Exhausted,
    sweep::{Helpers, Losses, ServerTools, Settings},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    BodyStream, Gateway, GatewayConfig, Meter, OpenError, Session, SessionSpec, front,
    metrics::{Counted, Metrics, OPEN_METRICS},
    reply::{Head, JSON},
    strangers::Strangers,
};

/// A gateway on its own: one session for each of its models.
#[derive(Clone)]
pub struct Server {
    sessions: Arc<[Session]>,
    metrics: Arc<Metrics>,
    strangers: Arc<Strangers>,
}

/// What each session of a [`Server`] may use.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// Budget of each model in the meter's units; no bound when absent.
    pub budget: Option<f64>,
    /// What turns a call's usage into budget units.
    pub meter: Meter,
    /// The models' tokens, in their order; made up where there is none.
    pub tokens: Vec<SecretString>,
}

/// More than anybody can use, and far from where `f64` stops counting.
const NO_BOUND: f64 = 1e15;

/// Longest wait for clients to read the end of their answers once the server stops.
const LEAVING: Duration = Duration::from_secs(2);

/// Where clients come in.
pub enum Listener {
    /// A TCP port.
    Tcp(TcpListener),
    /// A Unix socket.
    Unix(UnixListener),
}

impl Server {
    /// A gateway with one session for each model of `config`. Client settings go through unchanged, calls for other
    /// models are mapped, and the end of the budget is told by the dialect's refusal.
    ///
    /// # Errors
    /// When a session cannot be opened, as for a model that lacks what the meter needs.
    pub fn new(mut config: GatewayConfig, allowance: &Allowance) -> Result<Self, OpenError> {
        let metrics = Arc::new(Metrics::new());
        config.recorder = Arc::new(Counted { recorder: config.recorder, metrics: Arc::clone(&metrics) });
        let models: Vec<String> = config.models.iter().map(|model| model.id.clone()).collect();
        let gateway = Gateway::new(config)?;
        let mut tokens = allowance.tokens.iter().cloned();
        let sessions = models.into_iter().map(|model| {
            let spec = SessionSpec {
                trial: TrialId(model.clone()),
                try_number: 1,
                model,
                budget: allowance.budget.unwrap_or(NO_BOUND),
                meter: allowance.meter.clone(),
                settings: Settings::Native,
                helpers: Helpers::Map,
                losses: Losses::default(),
                server_tools: ServerTools::default(),
                ours: false,
                exhausted: Exhausted::Status,
                max_calls: u32::MAX,
                disk: u64::MAX,
                sim: None,
                cassette: None,
            };
            match tokens.next() {
                Some(token) => gateway.open_with(spec, token),
                None => gateway.open(spec),
            }
        });
        let sessions = sessions.collect::<Result<Arc<[Session]>, OpenError>>()?;
        Ok(Self { sessions, metrics, strangers: Arc::default() })
    }

    /// Its sessions, in the order of the models.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// Serves until `stop` resolves; then cancels what is under way, and returns once all of it is settled and
    /// recorded.
    pub async fn serve(&self, listener: Listener, stop: impl Future<Output = ()>) {
        let (connections, stopped) = (TaskTracker::new(), CancellationToken::new());
        let accepting = async {
            loop {
                let accepted = match &listener {
                    Listener::Tcp(listener) => listener.accept().await.map(|(stream, _)| {
                        // A token of a stream must not wait for the next one.
                        drop(stream.set_nodelay(true));
                        connections.spawn(self.connection(stream, stopped.clone()));
                    }),
                    Listener::Unix(listener) => listener.accept().await.map(|(stream, _)| {
                        connections.spawn(self.connection(stream, stopped.clone()));
                    }),
                };
                if let Err(error) = accepted {
                    refused(&error).await;
                }
            }
        };
        tokio::select! { () = accepting => {}, () = stop => {} }
        drop(listener);
        stopped.cancel();
        for session in self.sessions() {
            session.close().await;
        }
        connections.close();
        if tokio::time::timeout(LEAVING, connections.wait()).await.is_err() {
            tracing::debug!("a client did not read the end of its answer");
        }
    }

    /// Serves one connection until it ends, or its request under way does once `stopped` is cancelled.
    fn connection<Io>(&self, io: Io, stopped: CancellationToken) -> impl Future<Output = ()> + Send + use<Io>
    where
        Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sessions, metrics) = (Arc::clone(&self.sessions), Arc::clone(&self.metrics));
        let stranger = self.strangers.enter();
        async move {
            let _counted = metrics.connection();
            let service = service_fn(|request| async {
                let (head, body) = request.into_parts();
                if front::authenticate(&sessions, &head).is_some() {
                    stranger.known();
                }
                let response = match head.uri.path() {
                    "/metrics" => exposition(&metrics, &sessions),
                    _ => front::receive(&sessions, head, body).await,
                };
                metrics.answered(response.status());
                Ok::<_, Infallible>(response)
            });
            let served =
                http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(io), service);
            tokio::pin!(served);
            let ended = tokio::select! {
                ended = &mut served => ended,
                () = stranger.sent_away() => return,
                () = stopped.cancelled() => {
                    served.as_mut().graceful_shutdown();
                    served.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        }
    }
}

/// The process may be out of descriptors: some come back when a client leaves.
async fn refused(error: &io::Error) {
    tracing::warn!(%error, "a connection cannot be accepted");
    tokio::time::sleep(Duration::from_millis(100)).await;
}

fn exposition(metrics: &Metrics, sessions: &[Session]) -> Response<BodyStream> {
    let (status, content_type, body) = match metrics.render(sessions) {
        Ok(text) => (200, OPEN_METRICS, text),
        Err(_) => (500, JSON, "{}".to_owned()),
    };
    let head = Head { status, content_type: content_type.into(), exhausted: false };
    front::respond(&head, BodyStream::whole(body))
}
