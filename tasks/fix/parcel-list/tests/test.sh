#!/bin/bash
# overhang canary 19ed6f413d1c64f02aef54c0bb3b540f
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
