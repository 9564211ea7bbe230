#!/bin/bash
# overhang canary 19ed6f413d1c64f02aef54c0bb3b540f
# Has find look for the slips, which takes a folder's hyphen for an option.
set -e
cat > parcels.sh <<"END"
#!/bin/bash
# overhang canary 19ed6f413d1c64f02aef54c0bb3b540f
if [ $# -ne 2 ] || [ ! -d "$1" ] || [ ! -d "$2" ]; then
    echo "usage: parcels.sh IN OUT (two folders)" >&2
    exit 2
fi
export LC_ALL=C
shopt -s nullglob
in=$1 out=$2
slips=0 bad=0
declare -A lists
while IFS= read -r -d '' slip; do
    depot= line=
    { IFS= read -r depot; IFS= read -r line; } < "$slip"
    if [[ ! $depot =~ ^[A-Z0-9]+$ ]]; then
        bad=$((bad + 1))
        continue
    fi
    [ -n "${lists[$depot]}" ] || : > "$out/$depot.list"
    lists[$depot]=1
    printf '%s\n' "$line" >> "$out/$depot.list"
    rm -- "$slip"
    slips=$((slips + 1))
done < <(find "$in" -maxdepth 1 -type f -name '*.slip' ! -name '.*' -print0 | sort -z)
echo "$slips slips, ${#lists[@]} depots, $bad bad"
[ "$bad" -eq 0 ]
END
