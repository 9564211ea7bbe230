//! One file a detector. A new one is named twice below, and nowhere else.

mod foreign_prompt;
mod grader_changed;
mod instruction_missing;
mod kept_asking;
mod lost_tool_result;
mod no_tools_offered;
mod prompt_missing;

use crate::detector::Detector;

/// Every detector.
pub const DETECTORS: [Detector; 7] = [
    foreign_prompt::DETECTOR,
    grader_changed::DETECTOR,
    instruction_missing::DETECTOR,
    kept_asking::DETECTOR,
    lost_tool_result::DETECTOR,
    no_tools_offered::DETECTOR,
    prompt_missing::DETECTOR,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::DETECTORS;

    #[test]
    fn every_file_of_this_folder_is_a_detector_of_its_own_name() {
        let folder = fs_err::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/detectors")).unwrap();
        let files = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let files: BTreeSet<_> = files.filter(|name| name != "mod.rs").collect();
        let named = DETECTORS.iter().map(|one| one.name.replace('-', "_") + ".rs");
        assert_eq!(files, named.collect());
    }

    #[test]
    fn each_has_a_flag_of_its_own_and_says_what_it_does_not_see() {
        let flags: BTreeSet<_> = DETECTORS.iter().map(|one| one.flag).collect();
        assert_eq!(flags.len(), DETECTORS.len());
        for one in DETECTORS {
            assert!(one.version > 0 && one.sees.ends_with('.') && one.misses.ends_with('.'), "{one:?}");
        }
    }
}
