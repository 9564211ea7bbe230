//! Profiles made from the public catalogue's format.

use spec::{
    Dialect,
    catalogue::{CatalogueError, in_json, in_toml},
    model::{Standing, ToolCalls},
};

use crate::kit::Sketch;
use vocabulary::Weights;

const JSON: &str = r#"{
  "maker": {
    "id": "maker", "name": "The Maker", "env": ["MAKER_KEY"], "npm": "@ai-sdk/openai-compatible",
    "api": "https://api.maker.example/v1/", "doc": "https://maker.example/docs",
    "models": {
      "large-2.1": {
        "id": "large-2.1", "name": "Large 2.1", "family": "large", "release_date": "2026-05-01",
        "open_weights": true, "tool_call": false, "modalities": {"input": ["text"], "output": ["text"]},
        "limit": {"context": 1000, "output": 2000}, "cost": {"input": 1.5, "output": 6}
      },
      "shared": {"limit": {"context": 10, "output": 5}}
    }
  },
  "reseller": {
    "name": "Reseller", "npm": "@ai-sdk/anthropic",
    "models": {"shared": {"limit": {"context": 10, "output": 5}}, "maker/no-limits": {}}
  },
  "silent": {"name": "Silent", "models": {"nowhere": {"limit": {"context": 10, "output": 5}}}}
}"#;

fn in_it(wanted: &str) -> Result<spec::Model, CatalogueError> {
    in_json(JSON, "the test", wanted).and_then(|found| found.profile(&found.short_name(), "2026-11-22"))
}

#[test]
fn an_entry_becomes_a_profile_that_the_checks_accept() {
    let model = in_it("large-2.1").unwrap();
    let endpoint = model.endpoint.as_ref().unwrap();
    assert_eq!(endpoint.dialect, Dialect::OpenaiChat);
    assert_eq!(endpoint.base_url, "https://api.maker.example");
    assert_eq!(endpoint.key_env.as_deref(), Some("MAKER_KEY"));
    assert_eq!(endpoint.tool_calls, ToolCalls::Text);
    assert_eq!(model.weights, Weights::Open);
    assert_eq!(model.limits.output, 1000, "an answer is not longer than the context");
    assert_eq!(model.cutoff, None);

    let sketch = Sketch::new();
    sketch.write("models/large-2.1.toml", &toml::to_string(&model).unwrap());
    let again = spec::model::load(&sketch.root().join("models/large-2.1.toml")).unwrap();
    assert_eq!(again, model);
}

#[test]
fn what_the_catalogue_does_not_say_is_null_with_a_reason() {
    let standings = in_it("large-2.1").unwrap().standings();
    let of = |key: &str| &standings.iter().find(|(fact, _)| *fact == key).unwrap().1;
    assert_eq!(*of("released"), Standing::Sourced);
    assert_eq!(*of("prices"), Standing::Sourced);
    for null in ["cutoff", "licence", "sampling", "preferred", "prompts"] {
        assert!(matches!(of(null), Standing::Unconfirmed(why) if !why.is_empty()), "{null}");
    }
}

#[test]
fn what_gives_no_profile_says_why() {
    let why = |wanted| in_it(wanted).unwrap_err().to_string();
    insta::assert_snapshot!(
        ["larg-2.1", "shared", "maker/no-limits", "nowhere"].map(why).join("\n"),
        @r"
    the catalogue has no model `larg-2.1`; did you mean `large-2.1`?
    `shared` is served by maker, reseller: write `PROVIDER/shared`
    `maker/no-limits` has no limits in the catalogue: write the profile by hand
    `nowhere` has no address in the catalogue: write the profile by hand
    "
    );
    assert!(in_it("reseller/shared").is_ok());
    let damaged = in_json("{", "the test", "large-2.1").unwrap_err().to_string();
    assert!(damaged.starts_with("the test is not in the catalogue's format: "), "{damaged}");
}

#[test]
fn its_source_files_are_read_too() {
    let sketch = Sketch::new();
    sketch
        .write("providers/maker/provider.toml", "name = \"The Maker\"\nenv = [\"K\"]\nnpm = \"@ai-sdk/google\"\n")
        .write("providers/maker/models/one/small-1.2.toml", "base_model = \"maker/small\"\n")
        .write(
            "models/maker/small.toml",
            "family = \"small\"\nopen_weights = false\n[limit]\ncontext = 8_000\noutput = 1_000\n\
             [[benchmarks]]\nname = \"Bench\"\nscore = 12.5\nharness = \"Theirs\"\nsource = \"https://maker.example\"\n",
        );
    let found = in_toml(&sketch.root().join("providers/maker/models/one/small-1.2.toml")).unwrap();
    assert_eq!((found.provider(), found.short_name().as_str()), ("maker", "small-1.2"));
    let model = found.profile("small", "2026-11-22").unwrap();
    assert_eq!(model.endpoint.unwrap().model, "one/small-1.2");
    assert_eq!(model.facts.claims[0].harness.as_deref(), Some("Theirs"));

    sketch.remove("providers/maker/provider.toml");
    let alone = in_toml(&sketch.root().join("providers/maker/models/one/small-1.2.toml")).unwrap_err();
    assert!(alone.to_string().contains("provider.toml"), "{alone}");
}
