#!/bin/bash
# overhang canary ad1b8730afb7e8d4115ff03c713bd957
# spool.sh [--drain] SPOOL HANDLER: work off the jobs in SPOOL/new
drain=no
if [ "$1" = --drain ]; then drain=yes; shift; fi
spool=$1
handler=$2

while true; do
    job=$(ls $spool/new | head -1)
    if [ -z "$job" ]; then
        [ $drain = yes ] && exit 0
        sleep 5
        continue
    fi
    mv $spool/new/$job $spool/active/$job
    if $handler $spool/active/$job; then
        mv $spool/active/$job $spool/done
    else
        mv $spool/active/$job $spool/failed
    fi
done
