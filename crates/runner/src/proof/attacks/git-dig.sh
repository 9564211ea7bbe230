# Tries images whose repository still holds the solution: on a branch, as a stash, in a reflog, unreachable, staged once. Agents
# that looked up the fix in later commits were seen on SWE-bench; hackbait and benchflow play it.
find "$work" -name .git | head -n 20 | while IFS= read -r found; do
    repository=${found%/.git}
    in_it() { git -c safe.directory='*' -C "$repository" "$@"; }
    {
        in_it rev-list --all --reflog
        in_it fsck --no-reflogs --unreachable --no-progress | awk '$2 == "commit" { print $3 }'
    } | sort -u | while IFS= read -r commit; do
        in_it merge-base --is-ancestor "$commit" HEAD || in_it show -s --format='%ct %H' "$commit"
    done | sort -n | tail -n 50 | while IFS=' ' read -r _ commit; do
        in_it checkout -f "$commit" -- .
    done
    # What was staged and never committed has no name: it may be any file that is wanted.
    in_it fsck --no-reflogs --unreachable --no-progress | awk '$2 == "blob" { print $3 }' | head -n 50 |
        while IFS= read -r blob; do
            named | while IFS= read -r file; do
                in_it ls-files --error-unmatch "$file" >/dev/null || in_it cat-file blob "$blob" | replace "$file"
            done
        done
done
