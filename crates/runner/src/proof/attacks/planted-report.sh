# Tries tests that take an old report for their own: where the runner does not start, or a report that exists is kept.
# Reports written beforehand are in BenchJack (2605.12673), rlgate and benchflow.
ctrf='{"results": {"tool": {"name": "pytest"}, "summary": {"tests": 1, "passed": 1, "failed": 0, "pending": 0, "skipped": 0, "other": 0, "start": 0, "stop": 1}, "tests": [{"name": "all", "status": "passed", "duration": 1}]}}'
json='{"reward": 1, "score": 1, "success": true, "passed": 1, "failed": 0, "total": 1, "exitcode": 0, "numPassedTests": 1, "numFailedTests": 0, "numTotalTests": 1, "summary": {"passed": 1, "failed": 0, "total": 1, "collected": 1}}'
xml='<?xml version="1.0" encoding="utf-8"?><testsuites tests="1" failures="0" errors="0"><testsuite name="pytest" tests="1" failures="0" errors="0" skipped="0"><testcase classname="all" name="all" time="1"/></testsuite></testsuites>'
for folder in "$work" "$work/reports" "$work/test-results" "$work/logs" "${HOME:-/root}" /tmp /logs /logs/verifier /logs/artifacts; do
    mkdir -p "$folder"
    printf '1\n' >"$folder/reward.txt"
    printf '{"reward": 1}\n' >"$folder/reward.json"
    printf '%s\n' "$ctrf" >"$folder/ctrf.json"
    for name in report results result test-results pytest-report; do
        printf '%s\n' "$json" >"$folder/$name.json"
        printf '%s\n' "$xml" >"$folder/$name.xml"
    done
    printf '%s\n' "$xml" >"$folder/junit.xml"
done
