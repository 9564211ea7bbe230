#!/bin/bash
# overhang canary f0535d807cadb8c1850205db15cfdc56
# Makes the repository as the colleague left it.
set -e
export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=Kim GIT_AUTHOR_EMAIL=kim@example.org
export GIT_COMMITTER_NAME=Kim GIT_COMMITTER_EMAIL=kim@example.org
git init -q -b main kiosk
cd kiosk

commit() { # minutes subject [--amend]
    export GIT_AUTHOR_DATE="2026-03-02T10:00:00+0000" GIT_COMMITTER_DATE
    GIT_COMMITTER_DATE="2026-03-02T$(printf '%02d:%02d' $((10 + $1 / 60)) $(($1 % 60))):00+0000"
    git add -A
    git commit -q "${@:3}" -m "$2"
}

printf 'kiosk\n=====\noverhang canary f0535d807cadb8c1850205db15cfdc56\n' > README
commit 0 "start"
printf 'def sell(ticket):\n    return ticket\n' > sell.py
commit 5 "sell tickets"
printf 'WIDTH = 32\n' > printer.py
commit 10 "printer: width of the paper"
printf 'WIDTH = 32\n\n\ndef line(text):\n    return text[:WIDTH]\n' > printer.py
commit 20 "printer: cut long lines"
cat printer.py > base.txt
mv base.txt /tmp/base.py
for try in "30 1 cut=True" "75 2 cut=False" "52 3 cut=None"; do
    read -r minutes number arguments <<< "$try"
    { cat /tmp/base.py; printf '\n\ndef finish(%s):\n    # try %s\n    return "\\x1dV"\n' "$arguments" "$number"; } > printer.py
    if [ "$number" = 1 ]; then
        commit "$minutes" "printer: cut the paper at the end"
    else
        commit "$minutes" "printer: cut the paper at the end" --amend
    fi
done
printf 'retries = 5\ndebug = yes\nport = /dev/lp0\n' > printer.conf
git add printer.conf
printf 'retries = 5\nport = /dev/usb/lp0\n# slow printers need this\ndelay = 40\n' > printer.conf
git add printer.conf
printf 'retries = 3\nport = /dev/usb/lp0\n' > printer.conf
git add printer.conf
git reset -q --hard main~3
printf 'sold out\n' > state.txt
git add state.txt
git stash -q
git stash drop -q
git reflog expire --expire=now --all
rm -f .git/ORIG_HEAD /tmp/base.py
