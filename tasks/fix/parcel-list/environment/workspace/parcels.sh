#!/bin/bash
# overhang canary 19ed6f413d1c64f02aef54c0bb3b540f
# usage: bash parcels.sh IN OUT
#
# IN and OUT are folders that exist; if not, or with other arguments: message to standard error, status 2, nothing done.
# A slip is a plain file in IN (not in folders below it) whose name ends with ".slip" and does not start with a dot. Its first
# line names a depot (capital ASCII letters and digits), its second line is an address; an address that is missing is an
# empty one, further lines do not matter, and the last line may lack its line break.
# For each depot that occurs, OUT/DEPOT.list is written anew, with the addresses exactly as they stand in the slips, each
# with a line break, in byte order of the slips' names. Other files in OUT stay as they are. Slips that are done are removed;
# slips without a proper depot are bad, and stay where they are.
# At the end one line is printed: "S slips, D depots, B bad" (S without the bad ones). Status 1 if there were bad ones, else 0.
cd $1
for slip in $(ls *.slip); do
    depot=$(head -1 $slip)
    if [ -z $depot ]; then
        bad=$((bad + 1))
        continue
    fi
    head -2 $slip | tail -1 | while read line; do
        echo $line >> $2/$depot.list
    done
    rm $slip
    slips=$((slips + 1))
done
echo "$slips slips, $(ls $2/*.list | wc -l) depots, $bad bad"
exit 0
