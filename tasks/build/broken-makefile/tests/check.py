# overhang canary 7b68b2e5981652c8a9279ba1461f8835
import os
import shutil
import time

import box

# Handed out with the task; only the Makefile is taken from what was handed in.
PRISTINE = "/tests/given"
# A compiler that is slow at random and logs what it was asked for.
SLOW = """#!/bin/bash
printf '%s\\n' "$*" >> "$CALLS"
case $(( (RANDOM + $$) % 3 )) in 0) sleep 0.06 ;; 1) sleep 0.02 ;; esac
exec gcc "$@"
"""


class Project:
    """A fresh copy of the project with the Makefile under test.

    Every make of a project is given the same compiler, since a Makefile may notice that it is another one."""

    def __init__(self, compiler=True):
        self.top = box.scratch({"slow-cc": SLOW, "calls": ""})
        self.compiler = ["CC=" + self.top + "/slow-cc"] if compiler else []
        self.path = os.path.join(self.top, "project")
        shutil.copytree(PRISTINE, self.path)
        shutil.copy(box.WORKSPACE + "/Makefile", self.path)
        os.chmod(self.top + "/slow-cc", 0o755)
        self.age(self.path)
        box.give(self.top)
        self.sources = self.listing()

    def age(self, top):
        """Makes all files an hour old, so that every later change is seen whatever the clock's grain."""
        then = time.time() - 3600
        for folder, _, names in os.walk(top):
            for name in names:
                os.utime(os.path.join(folder, name), (then, then), follow_symlinks=False)

    def make(self, *arguments):
        return box.run(["make", *self.compiler, *arguments], cwd=self.path, timeout=box.BUILD_LIMIT, env={"CALLS": self.top + "/calls"})

    def built(self, *arguments):
        got = self.make(*arguments)
        box.same("make %s" % " ".join(arguments), (got.code, got.err[-300:] if got.code else b""), (0, b""))

    def logged(self, *arguments):
        """The C files compiled and whether anything was linked."""
        with open(self.top + "/calls", "w"):
            pass
        box.give(self.top + "/calls")
        self.built(*arguments)
        with open(self.top + "/calls", encoding="utf-8") as lines:
            calls = [line.split() for line in lines]
        compiled = sorted(os.path.basename(word) for call in calls if "-c" in call for word in call if word.endswith(".c"))
        return compiled, any("-c" not in call and "-o" in call for call in calls)

    def edit(self, name, old, new):
        path = os.path.join(self.path, name)
        with open(path, encoding="utf-8") as source:
            text = source.read()
        assert old in text, (name, old)
        self.write(name, text.replace(old, new))

    def write(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        box.give(path)

    def says(self, want, *arguments, out="build"):
        program = os.path.join(self.path, out, "greet")
        box.same("greet " + " ".join(arguments), box.run([program, *arguments], cwd=self.path).out.decode(), want)

    def listing(self, skip="build"):
        return sorted(os.path.join(folder, name) for folder, _, names in os.walk(self.path) for name in names
                      if not os.path.join(folder, name).startswith(os.path.join(self.path, skip) + "/"))

    def settle(self):
        """Ages sources and products alike, keeping which is newer."""
        for folder, _, names in os.walk(self.path):
            for name in names:
                path = os.path.join(folder, name)
                stamp = os.stat(path).st_mtime_ns - 60 * 10 ** 9
                os.utime(path, ns=(stamp, stamp))


def builds_below_build():
    project = Project()
    project.built()
    project.says("Hello, Good bye, x (2.00)\n", "hello", "bye", "x")
    project.says("HELLO (1.73)\n", "-l", "hello")
    for name in ("libtext.a", "libbase.a"):
        listed = box.run(["ar", "t", os.path.join(project.path, "build", name)])
        box.same("members of " + name, (listed.code, len(listed.out.split())), (0, 2))
    box.same("files outside build", project.listing(), project.sources)
    box.same("make -q after a build", project.make("-q").code, 0)
    box.same("second make", project.logged(), ([], False))


def builds_elsewhere():
    project = Project(compiler=False)
    other = project.top + "/deep/er/place"
    project.built("OUT=" + other)
    project.says("Hello (1.41)\n", "hello", out=other)
    box.same("build exists", os.path.exists(project.path + "/build"), False)
    box.same("files in the tree", project.listing(), project.sources)
    box.same("make -q", project.make("-q", "OUT=" + other).code, 0)
    box.same("words.h below OUT", any("words.h" in names for _, _, names in os.walk(other)), True)
    project.built("OUT=rel/out")
    project.built("clean", "OUT=" + other)
    box.same("after clean", (os.path.exists(other), os.path.exists(project.path + "/rel/out/greet")), (False, True))


def parallel_builds_work():
    for _ in range(2):
        project = Project()
        script = os.path.join(project.path, "gen-words.sh")
        with open(script, encoding="utf-8") as source:
            text = source.read()
        project.write("gen-words.sh", text.replace("echo '/*", "sleep 0.4\necho '/*", 1))
        project.built("-j8")
        project.says("Hello (1.41)\n", "hello")


def headers_are_followed():
    project = Project()
    compiled, linked = project.logged()
    box.same("first build", (compiled, linked), (["args.c", "join.c", "list.c", "main.c", "mem.c", "upper.c"], True))
    project.settle()
    project.edit("include/separator.h", '", "', '" + "')
    box.same("separator.h changed", project.logged("-j4"), (["join.c", "main.c", "upper.c"], True))
    project.says("Hello + Good bye (1.73)\n", "hello", "bye")
    project.settle()
    project.edit("src/args.h", "#include", "/* */\n#include")
    box.same("args.h changed", project.logged(), (["args.c", "main.c"], True))
    project.settle()
    project.edit("lib/base/mem.c", "abort()", "exit(9)")
    box.same("mem.c changed", project.logged(), (["mem.c"], True))
    project.settle()
    project.edit("include/text.h", '#include "separator.h"\n', "")
    project.edit("lib/text/join.c", "#include <string.h>", '#include <string.h>\n#define SEPARATOR "/"')
    os.remove(project.path + "/include/separator.h")
    project.built()
    project.says("Hello/Good bye (1.73)\n", "hello", "bye")
    box.same("make -q", project.make("-q").code, 0)


def generated_header_is_followed():
    project = Project()
    project.built()
    project.settle()
    project.edit("words.list", "# one", "# still one")
    box.same("a comment changed", project.logged(), ([], False))
    box.same("make -q", project.make("-q").code, 0)
    project.settle()
    project.edit("words.list", "Good bye", "So long")
    box.same("a word changed", project.logged(), (["args.c"], True))
    project.says("So long (1.41)\n", "bye")
    project.settle()
    project.edit("gen-words.sh", '"%s", "%s"', '"%s", "<%s>"')
    project.built()
    project.says("<So long> (1.41)\n", "bye")


def a_failing_generator_fails_the_build():
    for first in (False, True):
        project = Project()
        if first:
            project.built()
            project.settle()
        project.edit("words.list", "bye Good", "!bye Good")
        for _ in range(2):
            box.same("make with a failing generator fails", project.make().code not in (0, None), True)
        project.edit("words.list", "!bye", "bye")
        project.built()
        project.says("Good bye (1.41)\n", "bye")


def flags_are_honoured():
    project = Project()
    project.edit("src/main.c", "printf(", 'if (FACTOR != 3) abort();\n#ifndef EXTRA\n#error no EXTRA\n#endif\n    printf(')
    project.built("CFLAGS=-O0 -g -DFACTOR=3", "CPPFLAGS=-DEXTRA", "LDFLAGS=-Wl,-z,noseparate-code")
    project.says("Hello (1.41)\n", "hello")
    sections = box.run(["readelf", "-SW", os.path.join(project.path, "build/greet")])
    box.same("debug section from CFLAGS", b".debug_info" in sections.out, True)
    project = Project()
    project.built("LDFLAGS=-static")
    kind = box.run(["readelf", "-lW", os.path.join(project.path, "build/greet")])
    box.same("interpreter in a static program", b"INTERP" in kind.out, False)
    box.same("CC is used", bool(Project().logged()[0]), True)


def files_come_and_go():
    project = Project()
    project.built()
    project.settle()
    project.write("lib/base/extra.c", "int extra(void) { return 7; }\n")
    project.write("src/more.c", 'int extra(void);\nint more(void) { return extra(); }\n')
    project.edit("src/main.c", "int main(", "int more(void);\nint main(")
    project.edit("src/main.c", "if (loud)", "if (more() != 7) abort();\n    if (loud)")
    project.built()
    project.says("Hello (1.41)\n", "hello")
    project.settle()
    os.remove(project.path + "/lib/base/extra.c")
    os.remove(project.path + "/src/more.c")
    project.edit("src/main.c", "if (more() != 7) abort();\n", "")
    project.built()
    members = box.run(["ar", "t", os.path.join(project.path, "build/libbase.a")]).out
    box.same("members of libbase.a", len(members.split()), 2)
    box.same("make -q", project.make("-q").code, 0)
    project.settle()
    project.write("Makefile", open(project.path + "/Makefile", encoding="utf-8").read() + "\noverride CPPFLAGS += -DNOTHING\n")
    box.same("files compiled after the Makefile changed", len(project.logged()[0]), 6)


def clean_removes_the_build_only():
    project = Project()
    project.write("notes.o", "keep me")
    before = project.listing()
    project.built()
    project.built("clean")
    box.same("build after clean", os.path.exists(project.path + "/build"), False)
    box.same("files after clean", project.listing(), before)
    project.built("clean")
    project.built()


box.main([builds_below_build, builds_elsewhere, parallel_builds_work, headers_are_followed,
          generated_header_is_followed, a_failing_generator_fails_the_build, flags_are_honoured, files_come_and_go,
          clean_removes_the_build_only])
