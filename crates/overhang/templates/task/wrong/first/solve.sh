#!/bin/bash
# overhang canary {{ canary }}
# FILL IN: right but for one thing that somebody might overlook. Here: lines with words count by their first number.
cat > /workspace/total.sh <<'END'
awk '{ sum += $1 } END { print sum + 0 }' "$1"
END
