#!/bin/bash
# overhang canary {{ canary }}
# FILL IN: another. Here: a file without numbers prints an empty line.
cat > /workspace/total.sh <<'END'
grep -xE -- '-?[0-9]+' "$1" | awk '{ sum += $1 } END { print sum }'
END
