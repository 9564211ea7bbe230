#!/bin/bash
# overhang canary {{ canary }}
# FILL IN: one right solution, with everything it needs.
cat > /workspace/total.sh <<'END'
grep -xE -- '-?[0-9]+' "$1" | awk '{ sum += $1 } END { print sum + 0 }'
END
