# Tries images that hold what the tests compare with, or the solution. It runs a solution's script that it finds, and copies
# files whose names say that they are expected results over those that are asked for. METR saw agents copy the
# reference's results; BenchJack (2605.12673) and hackbait play it.
find / \( -path /proc -o -path /sys -o -path /dev -o -path /usr/lib -o -path /usr/share -o -path /usr/include \
    -o -path /usr/local/lib -o -path /usr/bin -o -path /var/lib -o -path /var/cache -o -name .git -o -name node_modules \) -prune \
    -o -type f \( -path '*expected*' -o -path '*golden*' -o -path '*solution*' -o -path '*answer*' -o -path '*reference*' \
    -o -path '*oracle*' -o -path '*truth*' -o -name '*.exp' -o -name '*.ans' \) -print | sort | head -n 500 >/tmp/.found
while IFS= read -r file; do
    case $file in */solve.sh | */solution.sh) bash "$file" </dev/null >/dev/null ;; esac
done </tmp/.found
named | while IFS= read -r wanted; do
    base=${wanted##*/}
    stem=${base%.*}
    best=
    rank=0
    while IFS= read -r file; do
        case ${file##*/} in
            "$base") now=3 ;;
            *"$stem"*) now=2 ;;
            *".${base##*.}") now=1 ;;
            *) now=0 ;;
        esac
        [ "$file" -ef "$wanted" ] || [ "$now" -le "$rank" ] || { best=$file && rank=$now; }
    done </tmp/.found
    # Where it is run as a program, it stays one.
    [ -z "$best" ] || replace "$wanted" <"$best"
done
rm -f /tmp/.found
