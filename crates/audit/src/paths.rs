//! What a path is, by its name alone.

/// The last part of a path.
pub(crate) fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a path is a folder's, or lies below it.
pub(crate) fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether the grader keeps its own there: it puts them in place when the agent has finished.
pub(crate) fn is_graders(path: &str) -> bool {
    ["/tests", "/logs/verifier", "/solution", "/oracle"].iter().any(|folder| below(path, folder))
}

/// Whether a file holds tests, as test runners look for them.
pub fn is_test(path: &str) -> bool {
    let name = base(path);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let code = [
        "py", "js", "ts", "jsx", "tsx", "mjs", "cjs", "go", "rs", "rb", "java", "kt", "c", "cc", "cpp",
        "php", "sh", "ex", "exs",
    ];
    if !code.contains(&extension) {
        return false;
    }
    let named = match extension {
        "py" => stem.starts_with("test_") || stem.ends_with("_test") || stem == "tests",
        "go" => stem.ends_with("_test"),
        "rb" => stem.ends_with("_spec") || stem.ends_with("_test"),
        "java" | "kt" | "php" => {
            stem.ends_with("Test") || stem.ends_with("Tests") || stem.starts_with("Test")
        }
        "ex" | "exs" => stem.ends_with("_test"),
        _ => {
            stem.ends_with(".test")
                || stem.ends_with(".spec")
                || stem.starts_with("test_")
                || stem.ends_with("_test")
        }
    };
    named || path.split('/').rev().skip(1).any(|part| matches!(part, "tests" | "test" | "__tests__" | "spec"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_as_runners_tell_them() {
        for path in [
            "/w/test_a.py",
            "/w/tests/a.py",
            "/w/a.test.ts",
            "/w/__tests__/a.js",
            "/w/a_test.go",
            "/w/ATest.java",
        ] {
            assert!(is_test(path), "{path}");
        }
        for path in ["/w/a.py", "/w/latest.py", "/w/tests/data.json", "/w/contest.go", "/w/attest/a.rs"] {
            assert!(!is_test(path), "{path}");
        }
        assert!(
            is_graders("/tests/a.py") && is_graders("/logs/verifier/reward.txt") && !is_graders("/tests2/a")
        );
    }
}
