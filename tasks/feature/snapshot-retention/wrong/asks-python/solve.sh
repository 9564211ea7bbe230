#!/bin/bash
# overhang canary 7aad95204d901f6639edf957621f0fc6
# Has Python work out the weeks.
set -e
cat > prune.part <<'END'
prune)
    shift 2
    declare -A rule=()
    now= dry=no
    while (($#)); do
        case $1 in
        --last | --daily | --weekly | --monthly)
            [[ ${2-} =~ ^[0-9]+$ && ! -v rule[${1#--}] ]] || fail "$1 takes a number, once"
            rule[${1#--}]=$((10#$2))
            shift 2
            ;;
        --now)
            [[ -z $now && -n $(periods "${2-}") ]] || fail "--now takes a stamp, once"
            now=$2
            shift 2
            ;;
        --dry-run)
            [[ $dry == no ]] || fail "--dry-run twice"
            dry=yes
            shift
            ;;
        *) fail "what is $1?" ;;
        esac
    done
    ((${#rule[@]})) || fail "prune needs at least one of --last, --daily, --weekly, --monthly"
    prune "${now:-$(date +%Y%m%d-%H%M%S)}"
    ;;
END
cat > functions.part <<'END'

# For each stamp given that can be: the stamp, its day, its ISO week and its month.
periods() {
    local stamp real=()
    for stamp; do
        if [[ $stamp =~ ^([0-9]{4})([0-9]{2})([0-9]{2})-([0-9]{2})([0-9]{2})([0-9]{2})$ ]]; then
            local y=10#${BASH_REMATCH[1]} m=10#${BASH_REMATCH[2]} d=10#${BASH_REMATCH[3]}
            local days=(0 31 28 31 30 31 30 31 31 30 31 30 31)
            ((y % 4 == 0 && (y % 100 != 0 || y % 400 == 0))) && days[2]=29
            ((y > 0 && m >= 1 && m <= 12 && d >= 1 && d <= days[m])) || continue
            ((10#${BASH_REMATCH[4]} < 24 && 10#${BASH_REMATCH[5]} < 60 && 10#${BASH_REMATCH[6]} < 60)) || continue
            real+=("${stamp:0:8} ${stamp:9:2}:${stamp:11:2}:${stamp:13:2}")
        fi
    done
    ((${#real[@]} == 0)) || printf '%s\n' "${real[@]}" | python3 -c '
import datetime, sys
for line in sys.stdin:
    print(datetime.datetime.strptime(line.strip(), "%Y%m%d %H:%M:%S").strftime("%Y%m%d-%H%M%S %Y%m%d %G-%V %Y%m"))'
}

# Prints the verdict on every snapshot, and acts on it unless this is a dry run.
prune() {
    local now=$1 path name series stamp reasons period kind
    local -A day=() week=() month=() seen=() used=()
    local names=() stamps=()
    shopt -s nullglob
    for path in "$folder"/*; do
        name=${path##*/}
        if [[ $name != *.keep && $name =~ ^(.+)-([0-9]{8}-[0-9]{6})(\..*)?$ ]]; then
            # The series is all before the last stamp that fits.
            names+=("${BASH_REMATCH[1]}/${BASH_REMATCH[2]}/$name")
            stamps+=("${BASH_REMATCH[2]}")
        fi
    done
    ((${#names[@]})) || return 0
    while read -r stamp d w m; do
        day[$stamp]=$d week[$stamp]=$w month[$stamp]=$m
    done < <(periods "${stamps[@]}")
    while IFS=/ read -r series stamp name; do
        [[ -v day[$stamp] ]] || continue
        reasons=()
        [[ -e $folder/$name.keep || -L $folder/$name.keep ]] && reasons+=(pinned)
        [[ $stamp > $now ]] && reasons+=(future)
        if ((${#reasons[@]} == 0)); then
            for kind in last daily weekly monthly; do
                [[ -v rule[$kind] ]] || continue
                case $kind in
                last) period=$name ;;
                daily) period=${day[$stamp]} ;;
                weekly) period=${week[$stamp]} ;;
                monthly) period=${month[$stamp]} ;;
                esac
                [[ ${seen[$kind/$series]-} == "$period" ]] && continue
                seen[$kind/$series]=$period
                used[$kind/$series]=$((${used[$kind/$series]-0} + 1))
                ((${used[$kind/$series]} <= ${rule[$kind]})) && reasons+=("$kind")
            done
            [[ ${#reasons[@]} == 0 && ! -v used[any/$series] ]] && reasons+=(newest)
            used[any/$series]=1
        fi
        if ((${#reasons[@]})); then
            printf -v period '%s, ' "${reasons[@]}"
            printf 'keep %s (%s)\n' "$name" "${period%, }"
        else
            printf 'remove %s\n' "$name"
            [[ $dry == yes ]] || rm -rf -- "$folder/$name"
        fi
    done < <(printf '%s\n' "${names[@]}" | sort -t/ -k1,1 -k2,2r -k3,3r)
}
END
head -n "$(($(grep -n '^case' snap.sh | cut -d: -f1) - 2))" snap.sh > new.sh
cat functions.part >> new.sh
echo >> new.sh
sed -n '/^case/,/^prune)/p' snap.sh | sed '$d' >> new.sh
cat prune.part >> new.sh
sed -n '/^\*)/,$p' snap.sh >> new.sh
sed -i 's/^# snap.sh FOLDER prune --last N .*/# snap.sh FOLDER prune RULES...    remove what no rule keeps/' new.sh
mv new.sh snap.sh
rm functions.part prune.part
