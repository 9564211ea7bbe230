use serde_json::Value;
use stats::{Contrast, FourArms, Level, factorial_effect};

use crate::vectors::{close, ends, list, load, score};

fn tasks(vector: &Value) -> Vec<FourArms> {
    let cells = |task: &Value| {
        let cell = |i: usize| score(&list(task)[i], &vector["k"]);
        FourArms {
            bare_generic: cell(0),
            bare_specific: cell(1),
            harness_generic: cell(2),
            harness_specific: cell(3),
        }
    };
    vector["tasks"].as_object().unwrap().values().map(cells).collect()
}

#[test]
fn all_contrasts() {
    let vector = load("v09_factorial");
    let (results, tasks) = (&vector["results"], tasks(&vector));
    let simple = &results["simple"];
    for (contrast, expected) in [
        (Contrast::Harness, &results["scaffold"]),
        (Contrast::Prompt, &results["prompt"]),
        (Contrast::Interaction, &results["interaction_did"]),
        (Contrast::Total, &results["total"]),
        (Contrast::HarnessAtGeneric, &simple["scaffold_at_generic"]),
        (Contrast::HarnessAtSpecific, &simple["scaffold_at_specific"]),
        (Contrast::PromptAtBare, &simple["prompt_at_bare"]),
        (Contrast::PromptAtHarness, &simple["prompt_at_harness"]),
    ] {
        let effect = factorial_effect(&tasks, contrast, Level::P95, 0).unwrap();
        let student = effect.gap.student().unwrap();
        close(effect.gap.estimate, &expected["est"]);
        close(student.standard_error, &expected["se"]);
        close(student.t, &expected["t"]);
        close(student.df, &expected["df"]);
        close(student.p_value, &expected["p_t"]);
        ends(student.interval, &expected["ci95"]);
        close(effect.sign_flip.p_two_sided, &expected["p_signflip_exact"]);
    }
}

#[test]
fn agrees_with_repeated_measures_anova() {
    let vector = load("v09_factorial");
    for (contrast, name) in
        [(Contrast::Harness, "s"), (Contrast::Prompt, "p"), (Contrast::Interaction, "s:p")]
    {
        let effect = factorial_effect(&tasks(&vector), contrast, Level::P95, 0).unwrap();
        let student = effect.gap.student().unwrap();
        close(student.t * student.t, &vector["anova_rm"][name]["F"]);
        close(student.p_value, &vector["anova_rm"][name]["p"]);
    }
}
