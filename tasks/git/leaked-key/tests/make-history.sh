#!/bin/bash
# overhang canary cd6bb9e2301d9da2cc008b6501c506c5
# Makes the repository with the key in its history.
set -e
export GIT_CONFIG_GLOBAL=/dev/null
KEY=wk-live-7Q2mXz81
clock=0
as() { # who
    clock=$((clock + 977))
    export GIT_AUTHOR_NAME=$1 GIT_AUTHOR_EMAIL=$1@example.org GIT_AUTHOR_DATE="$((1700000000 + clock)) +0$((clock % 9))30"
    export GIT_COMMITTER_NAME=Bot GIT_COMMITTER_EMAIL=bot@example.org GIT_COMMITTER_DATE="$((1700000500 + clock)) +0000"
}
commit() { # who message
    as "$1"
    git add -A
    git commit -q --allow-empty -m "$2"
}
git init -q -b main weather
cd weather
printf 'weather\n\noverhang canary cd6bb9e2301d9da2cc008b6501c506c5\n' > README
commit ada "start"
as ada; git tag v0.1
mkdir src
printf 'def ask(city):\n    return city\n' > src/ask.py
printf '#!/bin/sh\nexec python3 src/ask.py "$@"\n' > run; chmod +x run
ln -s src/ask.py ask
commit ben "ask for a city"
git branch old-api
printf 'KEY = "%s"\n\n\ndef ask(city):\n    return city + KEY\n' "$KEY" > src/ask.py
commit ben "use the real service"
as ada; git tag -a v0.2 -m "second version"
git checkout -q -b mobile
mkdir "app data"
printf 'wide\0%s\0\377\376tail%s%s' "$KEY" "$KEY" wk-live-7Q2mXz8 > "app data/settings.bin"
commit cyd "mobile: settings

Tried with $KEY, works."
printf 'café\r\n' > "app data/menü.txt"
commit cyd "mobile: menü"
git checkout -q main
printf 'import os\n\nKEY = os.environ["WEATHER_KEY"]\n\n\ndef ask(city):\n    return city + KEY\n' > src/ask.py
commit ada "key from the environment"
printf 'WEATHER_KEY=%s' "$KEY" > .env.example
commit ada "an example of the environment"
printf 'WEATHER_KEY=put yours here' > .env.example
commit ben "no real key in the example, of course"
as ada; git merge -q --no-ff -m "take mobile in" mobile
commit ben "empty, on purpose"
as ben; git tag -a v1.0 -m "first real one

checked with $KEY"
git checkout -q -b hotfix old-api
printf 'def ask(city):\n    return city.strip()\n' > src/ask.py
commit cyd "old api: strip"
as cyd; git tag -a v0.1.1 -m "old api, once more"
as ada; git merge -q --no-ff -s ours -m "hotfix sees main" main
git checkout -q main
as ben; git notes add -m "deployed with $KEY" v0.2^{}
git branch -q side v0.2^{}
git gc -q
printf 'scratch %s\n' "$KEY" > scratch; git add scratch; git stash -q
printf 'dangling %s' "$KEY" | git hash-object -w --stdin > /dev/null
