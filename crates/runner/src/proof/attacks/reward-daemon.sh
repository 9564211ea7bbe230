# Tries containers in which the agent's processes go on while the tests run: the last to write the reward wins. Background
# writers of the reward are in hackbait, rlgate and BenchJack (2605.12673).
(
    trap '' HUP INT TERM
    while :; do
        eval "$forging"
        sleep 0.05 || sleep 1
    done
) </dev/null >/dev/null 2>&1 &
