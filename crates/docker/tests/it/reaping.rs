use std::collections::HashMap;

use bollard::{
    Docker,
    models::ContainerCreateBody,
    query_parameters::{CreateContainerOptions, StartContainerOptions},
};
use docker::DockerEngine;
use sandbox::{Engine, Owner, kill_all, reap};

use super::{BASE, engine, unique};

/// A container as another process would have labelled it.
async fn container(docker: &Docker, run: &str, owner: &str) -> String {
    let label = |name: &str, value: &str| (format!("overhang.{name}"), value.to_owned());
    let body = ContainerCreateBody {
        image: Some(BASE.into()),
        cmd: Some(vec!["sleep".into(), "60".into()]),
        labels: Some(HashMap::from([label("run", run), label("trial", "t"), label("owner", owner)])),
        ..Default::default()
    };
    let id = docker.create_container(None::<CreateContainerOptions>, body).await.unwrap().id;
    docker.start_container(&id, None::<StartContainerOptions>).await.unwrap();
    id
}

async fn ids(engine: &DockerEngine, run: &str) -> Vec<String> {
    let mut ids: Vec<String> =
        engine.list(Some(run)).await.unwrap().into_iter().map(|listed| listed.id).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn what_dead_owners_left_is_removed_and_the_rest_is_not() {
    let engine = engine().await;
    let docker = Docker::connect_with_local_defaults().unwrap();
    let run = format!("sandbox-test-{}", unique());
    let this = Owner::this().unwrap();
    let dead = Owner { started: this.started + 1, ..this.clone() };
    let elsewhere = Owner { namespace: "1".into(), ..this.clone() };
    let mut kept = Vec::new();
    for owner in [this.to_string(), elsewhere.to_string(), "unreadable".into()] {
        kept.push(container(&docker, &run, &owner).await);
    }
    kept.sort();
    let left = container(&docker, &run, &dead.to_string()).await;
    let other_run = format!("{run}-other");
    let other = container(&docker, &other_run, &dead.to_string()).await;

    let reaped = reap(&engine, Some(&run)).await.unwrap();
    assert_eq!(reaped.removed.iter().map(|listed| &listed.id).collect::<Vec<_>>(), [&left]);
    assert!(reaped.kept.is_empty() && reaped.removed[0].running);
    assert_eq!(ids(&engine, &run).await, kept);
    assert_eq!(ids(&engine, &other_run).await, [other]);

    assert_eq!(kill_all(&engine, &run).await.unwrap().removed.len(), 3);
    kill_all(&engine, &other_run).await.unwrap();
    assert_eq!(ids(&engine, &run).await, Vec::<String>::new());
}
