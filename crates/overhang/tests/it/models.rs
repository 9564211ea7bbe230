//! `overhang model`.

use scripted::{Answer, ScriptedUpstream, Step, Usage};
use serde_json::json;

use crate::{
    lab::{Lab, text},
    schema::document,
};

const KEY: &str = "canary-91d2-key";

const CATALOGUE: &str = r#"{"maker": {"name": "The Maker", "env": ["MAKER_KEY"], "api": "https://api.maker.example/v1",
  "models": {"large": {"family": "large", "release_date": "2026-05-01", "open_weights": true,
    "limit": {"context": 1000, "output": 500}, "cost": {"input": 1.5, "output": 6}}}}}"#;

#[test]
fn a_profile_is_imported_and_told_for_what_it_lacks() {
    let lab = Lab::new();
    lab.write("catalogue.json", CATALOGUE);
    let import = ["model", "import", "maker/large", "--from", "catalogue.json"];
    let output = lab.overhang(&import).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("licence: not confirmed"), "{}", text(&output.stderr));

    let again = lab.overhang(&import).output().unwrap();
    assert_eq!(again.status.code(), Some(2), "it is there already");

    let check = lab.overhang(&["model", "check", "large", "--strict"]).output().unwrap();
    assert!(check.status.success(), "{}", text(&check.stdout));
    lab.edit("models/large.toml", "checked = ", "family_of = ");
    let damaged = lab.overhang(&["model", "check"]).output().unwrap();
    assert_eq!(damaged.status.code(), Some(2), "{}", text(&damaged.stderr));
}

fn profile(id: &str, url: &str) -> String {
    format!(
        "id = \"{id}\"\nvendor = \"Somebody\"\nweights = \"closed\"\n[endpoint]\ndialect = \"openai-chat\"\n\
         base_url = \"{url}\"\nkey_env = \"SOMEBODY_API_KEY\"\nmodel = \"somebody-1\"\n\
         [prices]\ninput = 1.0\noutput = 2.0\n[limits]\ncontext = 200_000\noutput = 8_000\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_asked_once_with_the_key_beside_the_project() {
    let usage = Usage { input: 120, cache_read: 100, output: 30 };
    let answer = Answer::text("").calling("report_ready", json!({"word": "now"})).using(Some(usage));
    let works = ScriptedUpstream::start(vec![Step::Answer(answer)]).await.unwrap();
    let said = format!("{{\"error\": {{\"message\": \"no such key: {KEY}\"}}}}");
    let refuses = ScriptedUpstream::start(vec![Step::Status(401, vec![], said)]).await.unwrap();
    let lab = Lab::new();
    lab.write("models/works.toml", &profile("works", &works.url()));
    lab.write("models/refuses.toml", &profile("refuses", &refuses.url()));

    let without = lab.overhang(&["model", "test", "works"]).output().unwrap();
    assert_eq!(without.status.code(), Some(2), "no key: {}", text(&without.stderr));
    lab.write(".env", &format!("SOMEBODY_API_KEY={KEY}\n"));
    let output = lab.overhang(&["model", "test", "works"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(works.seen()[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    let shown = text(&output.stdout).replace(&works.url(), "[url]");
    assert!(shown.lines().all(|line| line.len() <= 80), "{shown}");
    for line in [
        "works (openai-chat, [url])",
        "  name          asked as somebody-1, answers as scripted-1",
        "  tool call     called",
        "  cache counts  prompt_tokens_details.cached_tokens",
        "  output limit  max_tokens",
        "  effort        none sent",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line}: {shown}");
    }
    assert!(shown.contains("120 tokens in, 30 out"), "{shown}");

    let both = lab.overhang(&["model", "test", "works", "refuses", "expert", "--json"]).output().unwrap();
    assert_eq!(both.status.code(), Some(1));
    let tested = document("model-test", &both.stdout);
    assert_eq!(tested["ready"], false);
    let ready: Vec<_> = tested["models"].as_array().unwrap().iter().map(|model| &model["ready"]).collect();
    assert_eq!(ready, [true, false, true], "a simulated model needs no test");
    assert_eq!(tested["models"][1]["refused"], "the provider answered 401: no such key: [key]");
    assert!(tested["models"][1]["fix"].as_str().unwrap().contains("SOMEBODY_API_KEY"));
    assert!(!text(&both.stdout).contains(KEY));
    let unknown = lab.overhang(&["model", "test", "nobody"]).output().unwrap();
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown.stderr));
}
