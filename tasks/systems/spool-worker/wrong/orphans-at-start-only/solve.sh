#!/bin/bash
# overhang canary ad1b8730afb7e8d4115ff03c713bd957
# Looks for orphaned jobs when it starts, and not again.
set -e
cat > spool.sh <<'END'
#!/bin/bash
# overhang canary ad1b8730afb7e8d4115ff03c713bd957
# Works off a spool. A job belongs to whoever holds a lock on its file: the lock
# follows the file from folder to folder, is inherited by the handler, and goes
# with the last process that has it, however that process ends.
export LC_ALL=C
shopt -s nullglob

drain=no
if [[ ${1-} == --drain ]]; then
    drain=yes
    shift
fi
if (( $# != 2 )); then
    echo "usage: spool.sh [--drain] SPOOL HANDLER" >&2
    exit 2
fi
spool=$1
handler=$2
mkdir -p -- "$spool"/{new,active,done,failed} || exit 2

stopping=no
trap 'stopping=yes' TERM INT

# Locks a file as descriptor 9; fails if it is locked or gone.
lock() {
    [[ -f $1 && ! -L $1 ]] || return 1
    { exec 9< "$1"; } 2> /dev/null || return 1
    if flock -n 9 && [[ $1 -ef /dev/fd/9 ]]; then
        return 0
    fi
    exec 9<&-
    return 1
}

take_back_orphans() {
    local path
    for path in "$spool"/active/*; do
        if lock "$path"; then
            mv -f -- "$path" "$spool/new/"
            exec 9<&-
        fi
    done
}

# Locks the first free job, moves it to active and sets `name`.
claim() {
    local path
    for path in "$spool"/new/*; do
        if lock "$path"; then
            name=${path##*/}
            mv -f -- "$path" "$spool/active/$name" && return 0
            exec 9<&-
        fi
    done
    return 1
}

take_back_orphans
while [[ $stopping == no ]]; do
    if ! claim; then
        [[ $drain == yes ]] && exit 0
        sleep 0.2
        continue
    fi
    if "$handler" "$spool/active/$name" < /dev/null; then
        mv -f -- "$spool/active/$name" "$spool/done/$name"
    else
        mv -f -- "$spool/active/$name" "$spool/failed/$name"
    fi
    exec 9<&-
done
exit 0
END
