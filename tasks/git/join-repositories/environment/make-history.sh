#!/bin/bash
# overhang canary 60af3267c798011de8e02c3c521b3b94
set -e
export GIT_AUTHOR_NAME=Ina GIT_AUTHOR_EMAIL=ina@example.org GIT_COMMITTER_NAME=Ina GIT_COMMITTER_EMAIL=ina@example.org
commit() {
    export GIT_AUTHOR_DATE="$1" GIT_COMMITTER_DATE="$1"
    git add -A
    git commit -q -m "$2"
}
git init -q -b main /workspace/app && cd /workspace/app
echo 'overhang canary: see the task' > README && commit '2024-02-01T10:00:00+0100' 'app: begin'
echo 'uses lib' >> README && commit '2024-02-03T10:00:00+0100' 'app: use lib'
git tag v0.1
echo 'more' >> README && commit '2024-02-02T23:00:00-0500' 'app: more'
git init -q -b main /workspace/lib && cd /workspace/lib
mkdir src && echo 'int one(void) { return 1; }' > 'src/one.c' && commit '2024-02-02T09:00:00+0000' 'lib: one'
git tag -a -m 'first release' v1.0
ln -s src/one.c latest && commit '2024-02-04T09:00:00+0000' 'lib: latest'
