# overhang canary d072b44d3184a3272a4422def77342f3
import os
import re
import shutil

import box

TOP = box.WORKSPACE
LIBRARY = TOP + "/libcoins.so.2.1"
BUILT = ("libcoins.so.2.1", "libcoins.a", "coinsum")
FUNCTIONS = {"coins_parse", "coins_format", "coins_format_locale", "coins_grow"}
OWN_HELPERS = r"""
#include "coins.h"
#include <stdio.h>
int parse_errors = 7;
int digits(const char *text, long long *value) { (void)text; *value = 5; return 1000; }
const char *skip_blanks(const char *text) { return text + 100; }
int format_with(void) { return 3; }
coins coins_parse_v1(const char *text) { (void)text; return 99; }
int main(void)
{
    char text[20];
    coins_format(coins_parse(" 3;20 ", ';'), text, sizeof text);
    printf("%s %lld %d %lld\n", text, coins_parse("x", '.'), parse_errors, coins_grow(10000, 0.1, 2));
    return 0;
}
"""
OLD_CALLER = r"""
#include <stdio.h>
long long coins_parse(const char *text);
__asm__(".symver coins_parse, coins_parse@COINS_1");
int main(void)
{
    printf("%lld %lld\n", coins_parse("1.25"), coins_parse("nonsense"));
    return 0;
}
"""


def make(*arguments, cwd=TOP):
    got = box.run(["make", *arguments], timeout=box.BUILD_LIMIT, cwd=cwd)
    box.same("make %s" % " ".join(arguments), (got.code, got.err[-400:] if got.code else b""), (0, b""))


def says(argv, want, cwd="/", env=None):
    got = box.run(argv, cwd=cwd, env=env)
    box.same(" ".join(argv), (got.code, got.out.decode(), got.err.decode()[:300]), (0, want, ""))


def text_of(*argv):
    got = box.run(list(argv), cwd="/")
    box.same(" ".join(argv) + ", status", got.code, 0)
    return got.out.decode()


def dynamic(path, tag):
    return re.findall(r"\(%s\).*\[(.*)\]" % tag, text_of("readelf", "-dW", path))


def builds():
    make("clean")
    box.same("left by make clean", [name for name in BUILT if os.path.lexists(TOP + "/" + name)], [])
    before = sorted(os.listdir(TOP))
    make()
    box.same("built", [name for name in BUILT if not os.path.isfile(TOP + "/" + name)], [])
    says([TOP + "/coinsum", "1,50", "2,25"], "3.75\n")
    make("clean")
    box.same("entries after make clean", sorted(os.listdir(TOP)), before)
    make("-j4")
    box.same("soname", dynamic(LIBRARY, "SONAME"), ["libcoins.so.2"])


def sources_are_kept():
    for name in ("coins.h", "coins.c", "format.c", "internal.h", "coinsum.c"):
        with open("/tests/given/" + name, encoding="utf-8") as one, open(TOP + "/" + name, encoding="utf-8") as other:
            box.same(name, other.read() == one.read(), True)


def shared_library_exports():
    found = set()
    for line in text_of("nm", "-D", "--defined-only", LIBRARY).splitlines():
        _, kind, name = line.split()
        found.add((kind, name))
    versions = {("A", "COINS_1"), ("A", "COINS_2")}
    want = {("T", "coins_parse@COINS_1"), ("T", "coins_parse@@COINS_2"), ("T", "coins_format@@COINS_1"),
            ("T", "coins_grow@@COINS_1"), ("T", "coins_format_locale@@COINS_2")}
    box.same("exported", found - versions, want)
    text = text_of("readelf", "-VW", LIBRARY)
    box.same("COINS_2 builds upon COINS_1", bool(re.search(r"Name: COINS_2\s*\n\s+\S+: Parent 1: COINS_1", text)), True)


def archive_defines():
    found = {line.split()[2] for line in text_of("nm", "-g", "--defined-only", TOP + "/libcoins.a").splitlines()
             if len(line.split()) == 3}
    box.same("global symbols of libcoins.a", {re.sub("@.*", "", name) for name in found}, FUNCTIONS)


def compiled(source, *options):
    folder = box.scratch({"program.c": source})
    got = box.run(["gcc", "-I" + TOP, "-o", "program", "program.c", *options], cwd=folder, timeout=box.BUILD_LIMIT)
    box.same("gcc %s" % " ".join(options), (got.code, got.err.decode()[:500]), (0, ""))
    return folder + "/program"


def own_helpers_do_not_collide():
    want = "3.20 -1 7 12100\n"
    says([compiled(OWN_HELPERS, TOP + "/libcoins.a", "-lm")], want)
    folder = installed("/usr")
    says([compiled(OWN_HELPERS, "-rdynamic", "-L" + folder + "/usr/lib", "-lcoins")], want,
         env={"LD_LIBRARY_PATH": folder + "/usr/lib"})


def old_programs_run():
    folder = installed("/usr")
    says([compiled(OLD_CALLER, "-L" + folder + "/usr/lib", "-lcoins")], "125 0\n",
         env={"LD_LIBRARY_PATH": folder + "/usr/lib"})


def dynamic_section_is_clean():
    for name in ("libcoins.so.2.1", "coinsum"):
        text = text_of("readelf", "-dW", TOP + "/" + name)
        box.same(name + ": text relocations", "TEXTREL" in text, False)
        box.same(name + ": absolute paths", re.findall(r"\[[^\]]*:?/(?:workspace|tmp|opt|usr)[^\]]*\]", text), [])
    box.same("libraries needed", set(dynamic(LIBRARY, "NEEDED")), {"libm.so.6", "libc.so.6"})
    # What the program is linked with beyond its needs is its own affair.
    box.same("libraries coinsum needs", set(dynamic(TOP + "/coinsum", "NEEDED")) - {"libm.so.6"}, {"libcoins.so.2", "libc.so.6"})
    box.same("undefined", "undefined" in text_of("ldd", "-r", LIBRARY), False)


def installed(prefix=None, *more):
    folder = box.scratch()
    make("install", "DESTDIR=" + folder, *(["PREFIX=" + prefix] if prefix else []), *more)
    return folder


def tree(top):
    found = {}
    for folder, names, files in os.walk(top):
        for name in files + [name for name in names if os.path.islink(os.path.join(folder, name))]:
            path = os.path.join(folder, name)
            state = os.lstat(path)
            found[os.path.relpath(path, top)] = os.readlink(path) if os.path.islink(path) else "%o" % (state.st_mode & 0o777)
    return found


def installs():
    want = {"include/coins.h": "644", "lib/libcoins.so.2.1": "644", "lib/libcoins.so.2": "libcoins.so.2.1",
            "lib/libcoins.so": "libcoins.so.2", "lib/libcoins.a": "644", "bin/coinsum": "755"}
    make("clean")
    folder = installed("/opt/x")
    box.same("installed", tree(folder), {"opt/x/" + name: value for name, value in want.items()})
    make("install", "DESTDIR=" + folder, "PREFIX=/opt/x")
    box.same("installed twice", tree(folder), {"opt/x/" + name: value for name, value in want.items()})
    box.same("default prefix", set(tree(installed())), {"usr/local/" + name for name in want})
    plain = box.scratch()
    make("install", "PREFIX=" + plain + "/here")
    box.same("without DESTDIR", tree(plain + "/here"), want)


def moved_tree_runs():
    folder = installed("/opt/x")
    moved = box.scratch() + "/some where"
    shutil.move(folder + "/opt/x", moved)
    box.give(moved)
    make("clean")
    says([moved + "/bin/coinsum", "1,50"], "1.50\n")
    box.same("library used", moved + "/" in text_of("ldd", moved + "/bin/coinsum"), True)
    make()


def flags_are_used():
    make("clean")
    make("CFLAGS=-O1 -g", "LDFLAGS=-Wl,--build-id=0x00112233445566778899aabbccddeeff00112233")
    for name in ("libcoins.so.2.1", "coinsum"):
        text = text_of("readelf", "-nSW", TOP + "/" + name)
        box.same(name + " has CFLAGS' debug section", ".debug_info" in text, True)
        box.same(name + " has LDFLAGS' build id", "00112233445566778899aabbccddeeff00112233" in text, True)
    shared_library_exports()
    archive_defines()
    says([TOP + "/coinsum", "1,50", "2,25"], "3.75\n")


box.main([builds, sources_are_kept, shared_library_exports, archive_defines, own_helpers_do_not_collide, old_programs_run,
          dynamic_section_is_clean, installs, moved_tree_runs, flags_are_used])
