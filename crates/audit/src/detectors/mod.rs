//! One file a detector. A new one is named twice below, and nowhere else.

mod always_equal;
mod awareness;
mod claims_unshown;
mod clock_patched;
mod early_exit;
mod foreign_prompt;
mod git_history;
mod grader_changed;
mod impossible_passed;
mod instruction_missing;
mod kept_asking;
mod lost_tool_result;
mod no_tools_offered;
mod prompt_missing;
mod provider_tools;
mod recall;
mod reward_written;
mod runner_hooks;
mod secrets_read;
mod self_download;
mod solution_read;
mod special_cased;
mod tamper_dependent;
mod tests_edited;
mod tests_skipped;

use crate::detector::Detector;

/// Every detector.
pub const DETECTORS: [Detector; 25] = [
    always_equal::DETECTOR,
    awareness::DETECTOR,
    claims_unshown::DETECTOR,
    clock_patched::DETECTOR,
    early_exit::DETECTOR,
    foreign_prompt::DETECTOR,
    git_history::DETECTOR,
    grader_changed::DETECTOR,
    impossible_passed::DETECTOR,
    instruction_missing::DETECTOR,
    kept_asking::DETECTOR,
    lost_tool_result::DETECTOR,
    no_tools_offered::DETECTOR,
    prompt_missing::DETECTOR,
    provider_tools::DETECTOR,
    recall::DETECTOR,
    reward_written::DETECTOR,
    runner_hooks::DETECTOR,
    secrets_read::DETECTOR,
    self_download::DETECTOR,
    solution_read::DETECTOR,
    special_cased::DETECTOR,
    tamper_dependent::DETECTOR,
    tests_edited::DETECTOR,
    tests_skipped::DETECTOR,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::DETECTORS;
    use crate::finding::Level;

    #[test]
    fn every_file_of_this_folder_is_a_detector_of_its_own_name() {
        let folder = fs_err::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/detectors")).unwrap();
        let files = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<_> = files.filter(|name| name != "mod.rs").collect();
        let named = DETECTORS.iter().map(|one| one.name.replace('-', "_") + ".rs");
        assert_eq!(files, named.collect());
    }

    #[test]
    fn each_says_what_it_does_not_see_and_raises_a_flag_for_more_than_leads() {
        for one in DETECTORS {
            assert_eq!(one.flag.is_some(), one.level > Level::Lead, "{one:?}");
            assert!(one.version > 0 && one.sees.ends_with('.') && one.misses.ends_with('.'), "{one:?}");
        }
    }
}
