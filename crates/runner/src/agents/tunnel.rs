//! The container's way to the gateway, the same in every arm, and its DNS.

use std::sync::{Arc, Mutex, PoisonError};

use gateway::{Gateway, Session};
use sandbox::{
    Sandbox,
    guest::{Events, Listener},
};
use tokio::task::JoinSet;
use wire::{DNS_PORT, DnsRequest, Event, ListenRequest};

use crate::{
    attempt::{GATEWAY_PORT, Try},
    no_verdict::NoVerdict,
};

/// Most connections to the gateway at once, per container.
const CONNECTIONS: u32 = 256;

/// Names of the container's DNS that are reported.
const DNS_NAMES: u32 = 1000;

/// A container's way to the gateway. Dropped, it is closed, and so are its connections.
pub(crate) struct Tunnel {
    names: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Tunnel {
    /// Opens it. `events`: where the container's DNS says which names it was asked for.
    pub(crate) async fn open(
        this: &Try<'_>,
        session: &Session,
        sandbox: &dyn Sandbox,
        events: Option<Events>,
    ) -> Result<Self, NoVerdict> {
        let guest = sandbox.guest();
        let (names, mut tasks) = (Arc::default(), JoinSet::new());
        let listener = guest.listen(ListenRequest::loopback(GATEWAY_PORT, CONNECTIONS)).await?;
        tasks.spawn(serve(listener, this.gateway.clone(), session.clone()));
        if !this.site.has_names() {
            guest.answer_dns(DnsRequest::without_names(DNS_PORT, DNS_NAMES)).await?;
            if let Some(events) = events {
                tasks.spawn(note_names(events, Arc::clone(&names)));
            }
        }
        Ok(Self { names, _tasks: tasks })
    }

    /// The names that the container's DNS was asked for since they were last taken.
    pub(crate) fn take_dns_names(&self) -> Vec<String> {
        std::mem::take(&mut self.names.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn serve(mut listener: Listener, gateway: Gateway, session: Session) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Some(connection) = accepted else { break };
                let (gateway, only) = (gateway.clone(), session.clone());
                connections.spawn(async move { gateway.serve(connection, Some(&only)).await });
            }
            Some(_) = connections.join_next() => {}
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn note_names(mut events: Events, names: Arc<Mutex<Vec<String>>>) {
    while let Some(event) = events.next().await {
        let name = match event {
            Event::DnsName { name } => name,
            Event::DnsNamesDropped => "…".to_owned(),
        };
        names.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    }
}
