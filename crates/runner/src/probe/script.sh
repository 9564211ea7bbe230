#!/bin/bash
# What a program sees that the arm's own shell tool starts: one fact a line, name, tab, value quoted for a shell.
exec > /tmp/.overhang-probe 2>/dev/null
IFS=$' \t\n'
fact() { printf '%s\t%q\n' "$1" "$2"; }

while IFS= read -r -d '' pair; do fact "env ${pair%%=*}" "${pair#*=}"; done < /proc/self/environ

while read -r name value; do
    case $name in
        Uid: | Gid: | Groups: | CapInh: | CapPrm: | CapEff: | CapBnd: | CapAmb: | NoNewPrivs: | Seccomp: | Umask: | SigIgn: | Cpus_allowed_list:)
            fact "process ${name%:}" "$value" ;;
    esac
done < /proc/self/status
read -r value < /proc/self/oom_score_adj && fact 'process oom_score_adj' "$value"
read -r line < /proc/self/stat
line=${line##*) }
read -ra fields <<< "$line"
fact 'process nice' "${fields[16]}"

while read -r line; do
    case $line in Limit*) continue ;; esac
    read -r soft hard unit <<< "${line:26}"
    name=${line:0:26}
    fact "rlimit ${name%"${name##*[! ]}"}" "$soft $hard $unit"
done < /proc/self/limits

for file in memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes cpu/cpu.cfs_quota_us \
    cpu/cpu.cfs_period_us pids/pids.max memory.max memory.swap.max cpu.max pids.max; do
    read -r value < "/sys/fs/cgroup/$file" && fact "cgroup $file" "$value"
done

while read -r _ _ _ _ place options rest; do
    read -r type _ <<< "${rest#*- }"
    fact "mount $place" "$type $options"
done < /proc/self/mountinfo

fact 'directory' "$PWD"
shopt -s dotglob nullglob
for file in *; do
    [ "$file" = .sim ] || stat -c $'file %n\t%A\\ %u:%g' -- "$file"
done

declare -A tools
IFS=:
for folder in $PATH; do
    for file in "$folder"/*; do
        name=${file##*/}
        if [ -f "$file" ] && [ -x "$file" ] && [ -z "${tools[$name]}" ]; then
            tools[$name]=$file
            fact "tool $name" "$file"
        fi
    done
done
IFS=$' \t\n'

getent hosts probe.invalid > /dev/null
fact 'dns probe.invalid' "getent says $?"
for file in /etc/resolv.conf /etc/hosts; do fact "text $file" "$(< "$file")"; done
for file in /sys/class/net/*; do fact "interface ${file##*/}" there; done
fact 'host name' "$HOSTNAME"
fact 'end' reached
