//! The way out of a trial's network: a container of its own, whose guest takes connections and carries them to this
//! program, which judges them. It has no other network, and nothing but the guest runs in it.

use std::collections::BTreeSet;

use egress::{Gate, Internet, Through, carry};
use sandbox::{
    EngineError, Sandbox, StartSpec,
    guest::{Events, Listener},
};
use tokio::task::JoinSet;
use vocabulary::ContainerLimits;
use wire::{DNS_PORT, DnsRequest, Event, ListenRequest, Place};

use crate::{container::site::Site, no_verdict::NoVerdict};

/// Where programs look for what speaks HTTP or TLS.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Connections at once, per port.
const CONNECTIONS: u32 = 128;

/// Different names that DNS says do not exist and are noted, per container.
const NAMES: u32 = 1000;

/// For what the guest holds of all connections together.
const LIMITS: ContainerLimits = ContainerLimits { cpus: 1.0, memory_mb: 128, pids: 8, disk_mb: 16 };

/// A way out that is open. Dropped, it is closed, and its connections are ended.
pub(crate) struct WayOut {
    sandbox: Box<dyn Sandbox>,
    leads: wire::WayOut,
    gate: Gate,
    carrying: JoinSet<()>,
}

/// What its container is to be, in a network where the names lead to it.
pub(crate) fn spec(spec: StartSpec) -> StartSpec {
    StartSpec { hostname: "way-out".to_owned(), limits: LIMITS, ..spec }
}

/// The names that an engine's own DNS can tell.
pub(crate) fn whole(names: &BTreeSet<String>) -> Vec<String> {
    names.iter().filter(|name| !name.starts_with('*')).cloned().collect()
}

/// Opens one, for these names. Which of them are let through, the gate says.
pub(crate) async fn open(
    site: &Site<'_>,
    spec: StartSpec,
    gate: Gate,
    names: &BTreeSet<String>,
) -> Result<WayOut, NoVerdict> {
    let sandbox = site.engine.start(spec).await?;
    let leads =
        wire::WayOut { names: names.iter().cloned().collect(), address: sandbox.address().await?.octets() };
    let mut carrying = JoinSet::new();
    for port in PORTS {
        let request = ListenRequest { place: Place::Anywhere, port, max_connections: CONNECTIONS };
        let listener = sandbox.guest().listen(request).await?;
        carrying.spawn(take(listener, gate.clone(), Through { outside: Internet, port }));
    }
    Ok(WayOut { sandbox, leads, gate, carrying })
}

async fn take(mut listener: Listener, gate: Gate, through: Through<Internet>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Some(connection) = accepted else { break };
                let gate = gate.clone();
                connections.spawn(async move { carry(connection, &gate, &through).await });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

impl WayOut {
    /// What the DNS of a container in its network is to answer.
    pub(crate) fn dns(&self) -> DnsRequest {
        DnsRequest { port: DNS_PORT, max_names: NAMES, way_out: Some(self.leads.clone()) }
    }

    /// Notes the names that the DNS of a container says do not exist.
    pub(crate) fn note(&mut self, mut events: Events) {
        let gate = self.gate.clone();
        self.carrying.spawn(async move {
            while let Some(event) = events.next().await {
                match event {
                    Event::DnsName { name } => gate.note_unknown(&name),
                    Event::DnsNamesDropped => gate.note_unknown("…"),
                }
            }
        });
    }

    /// Closes it, and removes its container.
    pub(crate) async fn remove(self) -> Result<(), EngineError> {
        let Self { sandbox, carrying, .. } = self;
        drop(carrying);
        sandbox.remove().await
    }
}
