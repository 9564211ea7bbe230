//! The containers of a task: the one that agents work in, those of its services, and the way out of their network.
//!
//! Most tasks have one container, and no network. To everything else a pod is a [`Sandbox`] like any other: the agent's,
//! whose disk and whose end are those of all.

use std::{collections::BTreeSet, net::Ipv4Addr};

use async_trait::async_trait;
use egress::Gate;
use sandbox::{
    Changes, EngineError, GivenLimits, Image, Joined, Labels, Network, PrivateNetwork, Sandbox, SandboxState,
    StartSpec, Terminal, TerminalRequest, Written,
    guest::{Events, Guest},
};
use spec::task::Service;
use tokio::{task::JoinSet, time::timeout};
use tracing::{Instrument, info_span};
use vocabulary::{Caller, ContainerLimits};
use wire::{DNS_PORT, DnsRequest};

use crate::{
    container::{
        service::{self, Running},
        site::{Site, seconds},
        way_out::{self, WayOut},
    },
    no_verdict::NoVerdict,
};

/// What the services call the agent's container.
const MAIN: &str = "main";

/// The containers of a task.
struct Pod {
    main: Box<dyn Sandbox>,
    services: Vec<Running>,
    way_out: Option<WayOut>,
    /// After the containers: fields are dropped in this order.
    network: Box<dyn PrivateNetwork>,
}

/// Starts a task's container and those of its services, which are ready then. `main`: the container, as it is asked for.
///
/// # Errors
/// If the engine refuses, or a service does not come up. Nothing is left behind.
pub(crate) async fn start(site: &Site<'_>, main: StartSpec) -> Result<Box<dyn Sandbox>, NoVerdict> {
    let beside = Beside { services: true, gate: site.gate.clone(), names: site.names() };
    assemble(site, main, beside).await
}

/// The same for tests that have a container of their own.
///
/// # Errors
/// As for [`start`].
pub(crate) async fn start_for_tests(site: &Site<'_>, main: StartSpec) -> Result<Box<dyn Sandbox>, NoVerdict> {
    let names = site.hosts(site.task.verifier.network.as_ref());
    let gate = Gate::new(Caller::Tests, names.clone(), site.contacts.clone());
    let services = site.task.tests_have_services();
    assemble(site, main, Beside { services, gate, names: names.into_iter().collect() }).await
}

/// What is beside a container.
struct Beside {
    services: bool,
    /// Names that lead out, and what lets them through.
    names: BTreeSet<String>,
    gate: Gate,
}

async fn assemble(
    site: &Site<'_>,
    main: StartSpec,
    Beside { services, names, gate }: Beside,
) -> Result<Box<dyn Sandbox>, NoVerdict> {
    let environment = &site.task.environment;
    let services: &[Service] = if services { &environment.services } else { &[] };
    if services.is_empty() && names.is_empty() {
        return Ok(site.engine.start(main).await?);
    }
    let labels = Labels { run: main.labels.run.clone(), trial: main.labels.trial.clone() };
    let network = site.engine.make_network(&labels).await?;
    let joined = |names| Some(Joined { network: network.name().to_owned(), names });
    let of_main: Vec<String> = std::iter::once(MAIN.to_owned()).chain(environment.names.clone()).collect();
    // A name that a container of the task has is that container's, as in Harbor: the engine would tell both addresses.
    let of_services = || services.iter().flat_map(|one| &one.names);
    let is_own =
        |name: &String| of_main.iter().chain(of_services()).any(|one| one.eq_ignore_ascii_case(name));
    // Also where nothing is left of it: somebody has to say that no other name exists.
    let has_list = !names.is_empty();
    let names: BTreeSet<String> = names.into_iter().filter(|name| !is_own(name)).collect();
    // A container finds itself by its own name, before any other.
    let is_taken = of_services().any(|name| name.eq_ignore_ascii_case(&main.hostname));
    let hostname = if is_taken { MAIN.to_owned() } else { main.hostname.clone() };
    let main = StartSpec { joined: joined(of_main), hostname, ..main };
    // Whatever the task's container may reach: what leads out of it leads out for agents.
    let beside = |image: &Image, name: String, names| StartSpec {
        network: Network::None,
        joined: joined(names),
        runtime: main.runtime.clone(),
        ..StartSpec::new(&image.id, name, labels.clone())
    };
    let specs = services.iter().zip(&site.images.services).map(|(service, image)| StartSpec {
        hostname: service.hostname.clone(),
        workdir: service.workdir.clone(),
        limits: ContainerLimits {
            cpus: service.cpus(&site.limits),
            memory_mb: service.memory_mb(&site.limits),
            ..site.limits.container()
        },
        ..beside(image, format!("{}-{}", main.name, service.name), service.names.clone())
    });
    let specs: Vec<StartSpec> = specs.collect();
    // Behind a full stop, where no service's name begins.
    let of_way_out = format!("{}.way-out", main.name);
    let way_out = way_out::spec(beside(&site.images.agent, of_way_out, way_out::whole(&names)));
    let opening = async {
        if !has_list {
            return Ok(None);
        }
        way_out::open(site, way_out, gate, &names).instrument(info_span!("way_out")).await.map(Some)
    };
    let starting = async { Ok::<_, NoVerdict>(site.engine.start(main).await?) };
    let (main, way_out) = tokio::try_join!(starting, opening)?;
    let mut pod = Pod { main, services: Vec::new(), way_out, network };
    let ready = timeout(seconds(environment.build_timeout_sec), pod.fill(site, services, specs));
    let came_up = ready.instrument(info_span!("services")).await;
    match came_up.unwrap_or_else(|_| Err(pod.too_slow(environment.build_timeout_sec))) {
        Ok(()) => Ok(Box::new(pod)),
        Err(why) => {
            if let Err(error) = Box::new(pod).remove().await {
                tracing::warn!(trial = site.trial, %error, "containers were not removed");
            }
            Err(why)
        }
    }
}

impl Pod {
    /// Starts the services, each when what it waits for is reached, and waits until all are as the task wants them.
    async fn fill(
        &mut self,
        site: &Site<'_>,
        services: &[Service],
        specs: Vec<StartSpec>,
    ) -> Result<(), NoVerdict> {
        if let Some(way_out) = &mut self.way_out {
            self.main.guest().answer_dns(way_out.dns()).await?;
            self.main.events().into_iter().for_each(|events| way_out.note(events));
        }
        for ((service, image), spec) in services.iter().zip(&site.images.services).zip(specs) {
            for need in &service.needs {
                if let Some(other) = self.service(&need.service) {
                    other.reaches(need.until).await?;
                }
            }
            // Names that are none of the trial's own are answered at once.
            let nowhere = DnsRequest::without_names(DNS_PORT, 0);
            let dns = self.way_out.as_ref().map_or(nowhere, WayOut::dns);
            let started = service::start(site, service, image, spec, dns).await?;
            self.services.push(started);
        }
        for service in &self.services {
            service.is_ready().await?;
        }
        Ok(())
    }

    fn too_slow(&self, limit: f64) -> NoVerdict {
        let names: Vec<&str> = self.services.iter().map(Running::name).collect();
        NoVerdict::task_setup(format!(
            "the services were not ready after {limit} s; started were: {}",
            names.join(", ")
        ))
    }

    fn service(&self, name: &str) -> Option<&Running> {
        self.services.iter().find(|service| service.name() == name)
    }
}

#[async_trait]
impl Sandbox for Pod {
    fn id(&self) -> &str {
        self.main.id()
    }

    fn beside(&self, service: &str) -> Option<&dyn Sandbox> {
        self.service(service).map(Running::sandbox)
    }

    fn guest(&self) -> &Guest {
        self.main.guest()
    }

    async fn address(&self) -> Result<Ipv4Addr, EngineError> {
        self.main.address().await
    }

    fn events(&mut self) -> Option<Events> {
        self.main.events()
    }

    fn given(&self) -> GivenLimits {
        self.main.given()
    }

    fn complaints(&self) -> String {
        self.main.complaints()
    }

    async fn state(&self) -> Result<SandboxState, EngineError> {
        self.main.state().await
    }

    async fn changes(&self) -> Result<Changes, EngineError> {
        self.main.changes().await
    }

    /// Of all containers together.
    async fn written(&self) -> Option<Written> {
        let mut all = self.main.written().await?;
        for service in &self.services {
            let one = service.sandbox().written().await?;
            all = Written { bytes: all.bytes + one.bytes, whole: all.whole && one.whole };
        }
        Some(all)
    }

    async fn volumes(&self) -> Vec<String> {
        self.main.volumes().await
    }

    async fn terminal(&self, request: TerminalRequest) -> Result<Terminal, EngineError> {
        self.main.terminal(request).await
    }

    async fn remove(self: Box<Self>) -> Result<(), EngineError> {
        let Self { main, services, way_out, network } = *self;
        let mut removals: JoinSet<_> = services.into_iter().map(Running::remove).collect();
        way_out.into_iter().for_each(|way_out| drop(removals.spawn(way_out.remove())));
        let mut removed = main.remove().await;
        while let Some(one) = removals.join_next().await {
            removed = removed.and(one.map_err(std::io::Error::other)?);
        }
        removed.and(network.remove().await)
    }
}
