//! What a compose file of the older format says of the main container: into the Dockerfile where that can hold it, else into
//! a compose file of Harbor's.

use serde_json::{Map, Value, json};

use crate::yaml::Node;

/// What a Dockerfile can say, and what Harbor says itself.
const HELD: [&str; 10] = [
    "environment",
    "working_dir",
    "expose",
    "entrypoint",
    "platform",
    "build",
    "image",
    "container_name",
    "command",
    "volumes",
];

/// What Harbor says itself, and so takes the place of.
const REPLACED: [&str; 7] =
    ["build", "image", "container_name", "command", "environment", "volumes", "deploy"];

/// The mounts and the variable that every task of the older format has.
const USUAL_VOLUMES: [&str; 2] = [
    "${T_BENCH_TASK_LOGS_PATH}:${T_BENCH_CONTAINER_LOGS_PATH}",
    "${T_BENCH_TASK_AGENT_LOGS_PATH}:${T_BENCH_CONTAINER_AGENT_LOGS_PATH}",
];
const USUAL_VARIABLE: (&str, &str) = ("TEST_DIR", "${T_BENCH_TEST_DIR}");

/// The Dockerfile with what the compose file adds.
pub(super) fn completed(dockerfile: &str, main: &Node) -> String {
    let mut lines: Vec<String> = dockerfile.lines().map(str::to_owned).collect();
    if let Some(platform) = main.get("platform").and_then(Node::text) {
        lines.iter_mut().for_each(|line| *line = on_platform(line, platform));
    }
    lines.push("ENV TEST_DIR=/tests".to_owned());
    for (name, value) in main.get("environment").map(Node::settings).unwrap_or_default() {
        match value {
            Some(value) if (&*name, &*value) == USUAL_VARIABLE => {}
            Some(value) => lines.push(format!("ENV {name}={value}")),
            None => lines.push(format!("ENV {name}=")),
        }
    }
    let place = main.get("working_dir").and_then(Node::text).filter(|place| !place.contains("${"));
    lines.extend(place.map(|place| format!("WORKDIR {place}")));
    let ports = main.get("expose").map(Node::all_printed).unwrap_or_default();
    lines.extend(ports.iter().map(|port| format!("EXPOSE {port}")));
    if let Some(entrypoint) = main.get("entrypoint") {
        lines.push(format!("ENTRYPOINT {}", json!(entrypoint.all_printed())));
    }
    lines.join("\n") + "\n"
}

fn on_platform(line: &str, platform: &str) -> String {
    match line.strip_prefix("FROM ") {
        Some(rest) => {
            let image = rest.split_whitespace().skip_while(|word| word.starts_with("--platform"));
            format!("FROM --platform={platform} {}", image.collect::<Vec<_>>().join(" "))
        }
        None => line.to_owned(),
    }
}

/// Whether a Dockerfile can say all of it.
pub(super) fn holds_all(compose: &Node, services: &[(String, Node)], main: &Node) -> bool {
    let usual =
        |volumes: &Node| volumes.all_printed().iter().all(|one| USUAL_VOLUMES.contains(&one.as_str()));
    services.len() == 1
        && compose.pairs().iter().all(|(key, _)| matches!(key.as_str(), "services" | "version"))
        && main.pairs().iter().all(|(key, _)| HELD.contains(&key.as_str()))
        && main.get("volumes").is_none_or(usual)
}

/// A compose file of Harbor's, in JSON, which is YAML.
pub(super) fn compose(compose: &Node, services: &[(String, Node)], name: &str, main: &Node) -> String {
    let mut harbors = Map::new();
    harbors.insert("build".to_owned(), json!({"context": "${CONTEXT_DIR}"}));
    let own = main.pairs().iter().filter(|(key, _)| !REPLACED.contains(&key.as_str()));
    harbors.extend(own.map(|(key, value)| (key.clone(), value.json())));
    let mut all = Map::from_iter([("main".to_owned(), Value::Object(harbors))]);
    let others = services.iter().filter(|(other, _)| other != name);
    all.extend(others.map(|(other, service)| (other.clone(), service.json())));
    let beside = compose.pairs().iter().filter(|(key, _)| !matches!(key.as_str(), "services" | "version"));
    let mut whole: Map<String, Value> = beside.map(|(key, value)| (key.clone(), value.json())).collect();
    whole.insert("services".to_owned(), Value::Object(all));
    format!("{}\n", json!(whole)).replace("${T_BENCH_TASK_DOCKER_NAME_PREFIX}", "hb")
}
