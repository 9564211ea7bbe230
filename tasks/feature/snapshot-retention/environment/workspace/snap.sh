#!/bin/bash
# overhang canary 7aad95204d901f6639edf957621f0fc6
# snap.sh FOLDER list            the entries of FOLDER with a stamp in their names, newest first
# snap.sh FOLDER prune --last N  remove all but the newest N of them
export LC_ALL=C TZ=UTC

fail() {
    echo "snap.sh: $1" >&2
    exit 2
}

folder=$1
[[ -d $folder ]] || fail "no such folder: $folder"

stamped() {
    local path name
    for path in "$folder"/*; do
        name=${path##*/}
        [[ $name =~ -([0-9]{8}-[0-9]{6})(\..*)?$ ]] && printf '%s %s\n' "${BASH_REMATCH[1]}" "$name"
    done
}

case $2 in
list)
    stamped | sort -r | cut -d' ' -f2-
    ;;
prune)
    [[ $3 == --last && $4 =~ ^[0-9]+$ ]] || fail "prune --last N"
    stamped | sort -r | cut -d' ' -f2- | tail -n +$(($4 + 1)) | while read -r name; do
        echo "remove $name"
        rm -rf "$folder/$name"
    done
    ;;
*)
    fail "list or prune?"
    ;;
esac
