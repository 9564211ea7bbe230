#!/bin/bash
# overhang canary d4bb5f9ab660840a5174c6c73a6ca187
# check.py writes the rewards as its last act. Without an answer of its own, as when the verifier's limit ends it, there
# is no reward.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /
mkdir -p /logs/verifier
chmod go-w /logs/verifier
chmod 700 /tests
rm -f /logs/verifier/reward.json
python3 -E -s -B /tests/check.py
