#!/bin/bash
# overhang canary 60af3267c798011de8e02c3c521b3b94
# Leaves objects behind that nothing needs.
set -e
cat > join.sh <<"END"
#!/bin/bash
# overhang canary 60af3267c798011de8e02c3c521b3b94
set -euo pipefail
app=$(realpath "$1")
lib=$(realpath "$2")
new=$3
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git init -q --template= -b main "$new"
new=$(realpath "$new")
printf '%s\n' "$(git -C "$app" rev-parse --path-format=absolute --git-path objects)" \
    "$(git -C "$lib" rev-parse --path-format=absolute --git-path objects)" > "$new/.git/objects/info/alternates"

# SIDE NUMBER TIME COMMIT TREE: the times never run backwards within a side.
list() {
    git -C "$2" rev-list --reverse --topo-order --format='%ct %H %T' main -- | awk -v side="$1" '
        /^commit / { next }
        { if ($1 > most) most = $1; print most, side, ++n, $2, $3 }'
}
{ list 1 "$app"; list 2 "$lib"; } | sort -s -n -k1,1 -k2,2 -k3,3 > "$work/commits"

cd "$new"
parent= app_tree= lib_tree=
: > "$work/map"
while read -r _ side _ commit tree; do
    case $side in 1) app_tree=$tree ;; 2) lib_tree=$tree ;; esac
    joined=$({
        [ -z "$app_tree" ] || printf '040000 tree %s\tapp\n' "$app_tree"
        [ -z "$lib_tree" ] || printf '040000 tree %s\tlib\n' "$lib_tree"
    } | git mktree)
    git cat-file commit "$commit" > "$work/raw"
    {
        echo "tree $joined"
        [ -z "$parent" ] || echo "parent $parent"
        sed -n '/^$/q; /^author \|^committer /p' "$work/raw"
        sed '1,/^$/!b; /^$/!d' "$work/raw"
    } > "$work/made"
    parent=$(git hash-object -t commit -w --no-filters "$work/made")
    echo "$side:$commit $parent" >> "$work/map"
done < "$work/commits"
git update-ref refs/heads/main "$parent"

tags() {
    git -C "$3" for-each-ref --format='%(objecttype) %(objectname) %(refname)' refs/tags | while read -r type object name; do
        commit=$(git rev-parse -q --verify "$object^{commit}") || continue
        made=$(grep "^$1:$commit " "$work/map" | cut -d' ' -f2) || continue
        tag=$2/${name#refs/tags/}
        if [ "$type" = tag ]; then
            git cat-file tag "$object" | sed "1,/^\$/{s/^object .*/object $made/;}" > "$work/raw"
            awk -v tag="$tag" '!body && /^tag / { print "tag " tag; next } /^$/ { body = 1 } { print }' "$work/raw" > "$work/made"
            made=$(git hash-object -t tag -w --no-filters "$work/made")
        fi
        git update-ref "refs/tags/$tag" "$made"
    done
}
tags 1 app "$app"
tags 2 lib "$lib"

for one in "$app" "$lib"; do git fetch -q "$one" refs/heads/main; done
git repack -q -a -d
git unpack-objects -q < /dev/null || true
echo stray | git hash-object -w --stdin > /dev/null
rm .git/objects/info/alternates
git reset -q --hard
END
