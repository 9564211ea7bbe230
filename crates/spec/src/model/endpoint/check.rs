//! What the keys of an endpoint must say together.

use serde_json::Value;

use super::{Auth, Endpoint, ProviderKind};
use crate::document::Findings;

/// Headers that carry keys.
const KEY_HEADERS: &[&str] =
    &["authorization", "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token"];
/// Fields of a body that carry keys, at proxies that take them there.
const KEY_FIELDS: &[&str] = &["api_key", "apikey", "key", "token", "secret", "password", "authorization"];

pub(in crate::model) fn check(endpoint: &Endpoint, findings: &mut Findings<'_>) {
    dialect(endpoint, findings);
    place(endpoint, findings);
    proof(endpoint, findings);
    secrets(endpoint, findings);
}

fn dialect(endpoint: &Endpoint, findings: &mut Findings<'_>) {
    let dialects = endpoint.kind().dialects();
    if !dialects.contains(&endpoint.dialect) {
        let spoken: Vec<String> = dialects.iter().map(|dialect| format!("`{dialect}`")).collect();
        findings.at(
            &["endpoint", "kind"],
            format!("a provider of this kind is not reached in `{}`", endpoint.dialect),
            format!("it speaks {}; leave `kind` out where the dialect tells it", spoken.join(" and ")),
        );
    }
    if endpoint.max_tokens_field.is_some() && endpoint.dialect != vocabulary::Dialect::OpenaiChat {
        findings.at(
            &["endpoint", "max_tokens_field"],
            format!("`{}` has one name only for the output limit", endpoint.dialect),
            "leave it out".to_owned(),
        );
    }
}

/// Keys that only some kinds know, and those that a kind cannot do without.
fn place(endpoint: &Endpoint, findings: &mut Findings<'_>) {
    let kind = endpoint.kind();
    for (key, given, owner, name) in [
        ("api_version", endpoint.api_version.is_some(), ProviderKind::AzureOpenai, "azure-openai"),
        ("project", endpoint.project.is_some(), ProviderKind::Vertex, "vertex"),
        ("location", endpoint.location.is_some(), ProviderKind::Vertex, "vertex"),
    ] {
        if given && kind != owner {
            let help = format!("leave it out, or say `kind = \"{name}\"`");
            findings.at(&["endpoint", key], format!("`endpoint.{key}` is for `{name}` only"), help);
        }
    }
    if endpoint.region.is_some() && !endpoint.is_bedrock() {
        let help = "leave it out, or say `kind = \"bedrock\"`".to_owned();
        findings.at(&["endpoint", "region"], "`endpoint.region` is for `bedrock` only", help);
    }
    if endpoint.is_bedrock() && endpoint.auth() == Auth::Sigv4 && endpoint.region().is_none() {
        let help = "add `region`, as in `region = \"eu-central-1\"`".to_owned();
        findings.at(&["endpoint", "base_url"], "the host's name does not tell the AWS region", help);
    }
    if kind == ProviderKind::Vertex && endpoint.path.is_none() {
        for (key, given) in
            [("project", endpoint.project.is_some()), ("location", endpoint.location.is_some())]
        {
            if !given {
                let help = format!("add `{key}`: it stands in the path of each call");
                findings.at(&["endpoint", "kind"], format!("`vertex` needs `{key}`"), help);
            }
        }
    }
}

/// One source of the key, and a way of showing it that goes with the kind.
fn proof(endpoint: &Endpoint, findings: &mut Findings<'_>) {
    let kind = endpoint.kind();
    let sources: Vec<&str> = [
        ("key_env", endpoint.key_env.is_some()),
        ("key_file", endpoint.key_file.is_some()),
        ("key_command", endpoint.key_command.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, given)| given.then_some(key))
    .collect();
    if let [first, second, ..] = sources.as_slice() {
        let message = format!("both `{first}` and `{second}` are given");
        findings.at(&["endpoint", second], message, "keep one: a model has one key".to_owned());
    }
    let owner = match endpoint.auth() {
        Auth::Sigv4 if !endpoint.is_bedrock() => Some("bedrock"),
        Auth::ServiceAccount | Auth::Metadata if kind != ProviderKind::Vertex => Some("vertex"),
        _ => None,
    };
    if let Some(name) = owner {
        let help = format!("say `kind = \"{name}\"`, or name another `auth`");
        findings.at(&["endpoint", "auth"], format!("only `{name}` takes this"), help);
    }
    let wrong = match (endpoint.auth(), sources.first()) {
        (Auth::Bearer | Auth::XApiKey | Auth::ApiKey | Auth::XGoogApiKey, None) => {
            Some("no key to send: add `key_env`, `key_file` or `key_command`")
        }
        (Auth::None | Auth::Metadata, Some(_)) => Some("no key is sent with this: leave the key out"),
        (Auth::Sigv4, Some(&"key_env")) => Some(
            "a signature needs two keys: leave `key_env` out, they are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        (Auth::ServiceAccount, Some(&("key_env" | "key_command"))) => {
            Some("the account's key is a file: name it in `key_file`")
        }
        _ => None,
    };
    if let Some(wrong) = wrong {
        findings.at(&["endpoint", "auth"], "`auth` does not go with the key", wrong.to_owned());
    }
}

/// No text of a profile is a key.
fn secrets(endpoint: &Endpoint, findings: &mut Findings<'_>) {
    let help = "name where the key is in `key_env`, `key_file` or `key_command`: the gateway sends it";
    for name in endpoint.headers.keys() {
        if KEY_HEADERS.contains(&name.to_lowercase().as_str()) {
            let message = format!("`endpoint.headers.{name}` is where a key would be");
            findings.secret_at(&["endpoint", "headers", name], message, help.to_owned());
        }
    }
    for (name, value) in &endpoint.extra_body {
        if holds_key(name, value) {
            let message = format!("`endpoint.extra_body.{name}` is where a key would be");
            findings.secret_at(&["endpoint", "extra_body", name], message, help.to_owned());
        }
        if ["model", "stream", "messages", "input", "contents", "tools"].contains(&name.as_str()) {
            let message = format!("`endpoint.extra_body.{name}` would replace what the client says");
            findings.at(&["endpoint", "extra_body", name], message, "leave it out".to_owned());
        }
    }
}

fn holds_key(name: &str, value: &Value) -> bool {
    match value {
        Value::String(_) => KEY_FIELDS.contains(&name.to_lowercase().replace('-', "_").as_str()),
        Value::Object(fields) => fields.iter().any(|(name, value)| holds_key(name, value)),
        Value::Array(values) => values.iter().any(|value| holds_key(name, value)),
        _ => false,
    }
}
