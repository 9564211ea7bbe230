#!/bin/bash
# overhang canary c57ea1dfbd1c7221fb440112f937f5b5
# After a closed day it is no longer looked whether the next one is open.
set -e
cat > due.sh <<"SH"
#!/bin/bash
# overhang canary c57ea1dfbd1c7221fb440112f937f5b5
# due.sh KIND DATE: prints the day on which something lent on DATE is due.
# due.sh fine KIND DATE RETURNED: prints the fine in cents.
export TZ=UTC

refuse() {
    echo "?"
    exit 2
}

# Days are numbers here: days since 1970.
number() {
    [[ $1 =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || return 1
    local seconds
    seconds=$(date -d "$1" +%s 2>/dev/null) || return 1
    echo $((seconds / 86400))
}

read_closed() {
    local line
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line%%#*}
        line=${line//[[:space:]]/}
        [ -n "$line" ] || continue
        firsts+=("$(number "${line%%..*}")")
        lasts+=("$(number "${line##*..}")")
    done < "$(dirname "${BASH_SOURCE[0]}")/closed.txt"
}

is_open() {
    local i
    (($1 % 7 != 3)) || return 1 # 1970-01-04 was a Sunday
    for i in "${!firsts[@]}"; do
        (($1 < firsts[i] || $1 > lasts[i])) || return 1
    done
}

fine=
if [ "$1" = fine ]; then
    fine=yes
    shift
    [ $# = 3 ] || refuse
else
    [ $# = 2 ] || refuse
fi
case $1 in
    book) days=28 cents=10 ;;
    film) days=7 cents=50 ;;
    game) days=14 cents=25 ;;
    *) refuse ;;
esac
lent=$(number "$2") || refuse
firsts=() lasts=()
read_closed
due=$((lent + days))
if ! is_open $due; then due=$((due + 1)); fi
if [ -z "$fine" ]; then
    date -d "@$((due * 86400))" +%F
    exit 0
fi
returned=$(number "$3") || refuse
((returned >= lent)) || refuse
sum=0
for ((day = due + 1; day <= returned; day++)); do
    if is_open $day; then sum=$((sum + cents)); fi
done
echo $((sum > 1000 ? 1000 : sum))
SH
