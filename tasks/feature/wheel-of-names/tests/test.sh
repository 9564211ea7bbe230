#!/bin/bash
# overhang canary 246e581f4f0fbddc6b66d9fb2b926c54
# The reward is 1 if check.py finds nothing wrong, else 0.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /
mkdir -p /logs/verifier
chmod go-w /logs/verifier
chmod 700 /tests
echo 0 > /logs/verifier/reward.txt
if timeout -k 1 55 python3 -E -s -B /tests/check.py; then
    echo 1 > /logs/verifier/reward.txt
fi
