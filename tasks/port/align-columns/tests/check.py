# overhang canary 7754a9a7d396687438cc65e6cf9717ad
import glob
import os
import random
import shutil

import box

FOLDER = box.scratch()
PROGRAM = os.path.join(FOLDER, "align")
REFERENCE = "/tests/given/align.py"


def reference():
    """The script as it was handed out; what stands in the workspace may have been changed."""
    scope = {"__name__": "align_reference"}
    with open(REFERENCE, encoding="utf-8") as source:
        exec(compile(source.read(), REFERENCE, "exec"), scope)
    return scope


def expected(arguments, data):
    import io
    import sys
    scope = reference()
    kept = sys.argv, sys.stdin, sys.stdout, sys.stderr
    out = io.BytesIO()
    sys.argv = ["align.py"] + arguments
    sys.stdin = io.TextIOWrapper(io.BytesIO(data))
    sys.stdout = io.TextIOWrapper(out, write_through=True)
    sys.stderr = io.StringIO()
    try:
        try:
            code = scope["main"]()
        except SystemExit as stop:
            code = stop.code
        sys.stdout.flush()
        return code, out.getvalue()
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = kept


def compare(arguments, data):
    got = box.run([PROGRAM] + arguments, data, cwd=FOLDER)
    box.same("align %s on %.80r" % (" ".join(arguments), data), (got.code, got.out), expected(arguments, data))


def compiles():
    shutil.copy(box.WORKSPACE + "/align.c", FOLDER + "/align.c")
    box.give(FOLDER)
    made = box.run(["gcc", "-std=c11", "-O1", "-o", "align", "align.c"], timeout=box.BUILD_LIMIT, cwd=FOLDER)
    box.same("gcc", made.code, 0)
    # The machines that it goes to have neither Python nor the script.
    for path in glob.glob("/usr/bin/python3*"):
        os.chmod(path, 0o700)
    os.chown(box.WORKSPACE, 0, 0)
    os.chmod(box.WORKSPACE, 0o700)


def plain_tables():
    compare([], b"a,b,c\n1,22,333\n4444,5,6\n")
    compare([], b"name,n\nx,1\ny,\nzz,-3.5\n")
    compare([], b"name,n\nx,1.\ny,.5\n")
    compare([], b"h\n+1\n-\n")
    compare([], b"5,a\nx,7\n,8\n")
    compare([], b"")
    compare([], b"\n\n")
    compare([], b"no newline,at,the end")
    compare([], b"windows,line\r\nends,1\r\r\n")
    compare([], b"a\rb,c\nd\x0be,\x0c f\xc2\x85,g\xe2\x80\xa8h\n")


def blocks_and_comments():
    compare([], b"a,b\nlong field,1\n\n# kept, as it is  \nx,y\n \t \nlast,2\n")
    compare(["-c", ";", "-d", "|"], b"; head\na|b\n#c|d\n")
    compare([], b"# only\n# comments\n")
    compare(["-c", " "], b" kept\n  \na,b\n")


def quoting():
    compare([], b'"a,b",c\n"d""e",f\n"""",""\n')
    compare([], b' "a,b",c\nx"y,z"\n"ab"cd"e,f",g\n')
    compare([], b'"open,never closed\nnext,1\n')
    compare([], b'""x,""y""\n" padded ",\t tabs\t\n')
    compare(["-d", "\t"], b"a\t b\tc\n\td\t\n")
    compare(["-d", " "], b"a b  c\n d e\n")


def characters_not_bytes():
    compare([], "Straße,Ω≈ç,1\nx,yy,22\n日本語,z,3\n".encode())
    compare(["-m", "3"], "Straße,Ω≈ç√,1234\nab,abc,abcd\n".encode())
    compare(["-m", "2"], b"a\xff\xfeb,\xe2\x82,c\n\xe2\x82\xac\xe2,x,\xed\xa0\x80\n\xf0\x9f\x98\x80\xf8\x88,\xc0\xaf,\xf4\x90\x80\x80\n")
    compare(["-g", "0"], b"\xf0\x9f,a\n\xe0\x80\x80,b\nlonger one,c\n")
    compare([], "h\n٣\n1\n".encode())


def arguments():
    data = b"a,b\nc,d\n"
    good = (["-g", "0"], ["-g", "40"], ["-g", "007"], ["-m", "2"], ["-m", "1000"], ["-d", "#", "-c", ","],
            ["-g", "3", "-g", "5"], ["-d", "-"], ["-c", '"'])
    bad = (["-g"], ["-g", "41"], ["-g", "-1"], ["-g", ""], ["-g", "2x"], ["-m", "1"], ["-m", "1001"], ["-d", ""],
           ["-d", ",,"], ["-d", '"'], ["-d", "#"], ["-x"], ["file"], ["-g", "99999999999999999999"], ["-g3"],
           ["-c", ","], ["-d", "##", "-c", ";"], ["-m", "+3"], ["-m", " 3"], ["-c", ""])
    for case in good + bad:
        compare(case, data)


def wide_rows_set_the_status():
    compare([], b",".join(b"%d" % i for i in range(64)) + b"\n")
    compare([], b"a,b\n\n" + b",".join(b"%d" % i for i in range(65)) + b"\nshort\n")


def random_tables():
    rng = random.Random(77120)
    alphabet = ["a", "bc", " ", "\t", '"', '""', ",", ",", ";", "1", "23", ".", "-", "é", "漢", "😀", "\n", "\n", "\r\n",
                "\n\n", "\n#", b"\xff", b"\xc3"]
    for round_ in range(150):
        parts = [rng.choice(alphabet) for _ in range(rng.randrange(1, 160))]
        data = b"".join(part if isinstance(part, bytes) else part.encode() for part in parts)
        chosen = []
        if rng.random() < 0.4:
            chosen += ["-m", str(rng.randrange(2, 6))]
        if rng.random() < 0.4:
            chosen += ["-g", str(rng.randrange(0, 5))]
        if rng.random() < 0.3:
            chosen += ["-d", ";"]
        compare(chosen, data)


def large_inputs():
    compare([], b"x" * 1200000 + b",1\nshort,22\n")
    compare(["-m", "9"], b"".join(b"row %d,%d,%d\n" % (i, i * i, i % 7) for i in range(100000)))


box.main([compiles, plain_tables, blocks_and_comments, quoting, characters_not_bytes, arguments,
          wide_rows_set_the_status, random_tables, large_inputs])
