//! The engine's floor, without a line of ours.

use bollard::{
    Docker,
    container::AttachContainerResults,
    models::{ContainerCreateBody, HostConfig, HostConfigLogConfig},
    query_parameters::{
        AttachContainerOptionsBuilder, CreateContainerOptions, RemoveContainerOptionsBuilder,
        StartContainerOptions,
    },
};

/// The least that two streams into a container without a network cost, from its creation to its removal: the program
/// waits for its input to end.
pub(crate) async fn container(docker: &Docker, image: &str) {
    let body = ContainerCreateBody {
        image: Some(image.into()),
        cmd: Some(vec!["/usr/bin/cat".into()]),
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        open_stdin: Some(true),
        host_config: Some(HostConfig {
            network_mode: Some("none".into()),
            log_config: Some(HostConfigLogConfig { typ: Some("none".into()), config: None }),
            ..Default::default()
        }),
        ..Default::default()
    };
    let id = docker.create_container(None::<CreateContainerOptions>, body).await.unwrap().id;
    let options = AttachContainerOptionsBuilder::new().stream(true).stdin(true).stdout(true).build();
    let AttachContainerResults { output, input } = docker.attach_container(&id, Some(options)).await.unwrap();
    docker.start_container(&id, None::<StartContainerOptions>).await.unwrap();
    drop((output, input));
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    docker.remove_container(&id, Some(options)).await.unwrap();
}
