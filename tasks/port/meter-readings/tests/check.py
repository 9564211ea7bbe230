# overhang canary bc378ecd0c48e7d7b172ef2ae4fa4174
import glob
import os
import random

import box

REFERENCE = "/tests/given/meter.pl"


def cases():
    """Arguments and input of every call."""
    texts = [
        b"",
        b"# nothing\n",
        b"\n\n",
        b",\n,,,\na\na,\na,,\n",
        b",5\n,6\n",
        b"az,1\n,2\nZz,3\n,4\nzZ9,5\n,6\na9,1\n,1\nzz99,1\n,1\n",
        b"Az,1\n,1\nzZ,1\n,1\n9,1\n,1\n,1\n-3,1\n,1\n1.5,1\n,1\n",
        b"a-b,1\n,2\nb c,1\n,3\n9z,1\n,1\n z,1\n,1\na9b,2\n,2\n\xc3\xa4,1\n,1\n",
        b"3abc,5\n,6\n0x1f,5\n,6\n1e2,4\n,5\n-,1\n,1\n+5,1\n,2\n.5,1\n,1\n",
        b"a,12abc\nb,abc\nc,0x10\nd,1e3\ne, 5\nf,+7\ng,--7\nh,1_000\ni,.5\nj,5.\nk,1e\nl,-.5e1x\nm,\t9\nn,1.2.3\no,- 3\n",
        b"a,2k\nb,2.5 K\nc,-3k\nd,k\ne,1..5k\nf,4 km\ng,1e3k\nh, 7kk\ni,+2k\nj,.k\nk,.5k\n",
        b"a,0.1\na,0.2\nb,1e11\nc,123456789012\nd,0.000012\ne,1e-7\nf,1e9\ng,100000\ng,0.5\nh,3.0\ni,-0\nj,1e-9\n",
        b"a,1,x,,\nb,1,,x\nc,1,,\nd,1,,,y,,z\na,2,again\na,3\nb,2,0\n",
        b"a,5\nb,5\nB,5\naa,5\nA,5\n10,5\n9,5\n_,5\n\xff,5\n",
        b"longer-than-eight,1\nlonger-than-nine,2\nverylongprefixZz,3\n,4\n",
        b"a,-3\nb,-5.5\nc,1\n",
        b"a,2.5\nb,3.5\nc,0.5\nd,-0.5\ne,-1.5\nf,1.005\ng,2.675\n",
        b"a,0\nb,0\n",
        b"a,-8.5\nb,3.99\nc,14.2\nA1,7\nB2,-6.5\n",
        b"no newline,7",
        b"dos,7\r\ndos2,8,x\r\n,9\r\n",
        b"a,1\nabc,2\nABC,3\nAbc1,4\naBc-2,5\n1,6\n\xc3\x9fx,7\n",
        b"a#,1\n #b,2\n#c,3\n",
        b"a,7 \nb,\x0b8\nc,\xc2\xa09\n",
        b"a,33.3333333333333\na,33.3333333333333\na,33.3333333333334\n",
    ]
    for text in texts:
        yield [], text
    for options in (["-w", "7"], ["-w", "1"], ["-w", "100"], ["-w", "12.9"], ["-w", "5abc"], ["-w", "0"], ["-w", "0.5"],
                    ["-w", "101"], ["-w", "100.5"], ["-w", "abc"], ["-w"], ["-x"], ["-r"], ["-r", "-w", "3", "-r"], ["file"],
                    ["-w", "1e1"], ["-w", "-5"], ["-w", " 8"], ["-w", "3", "-w", "9"]):
        yield options, b"a,1\nb,2.5\nc,-2\nd,1\nC,10,n\n"
    rng = random.Random(60606)
    ids = ["a0", "", "", "b9", "Zz", "zz", "x-1", "9", "\u00e4", "Ab3", "q", "aZ9", "w8", ""]
    for _ in range(60):
        lines = []
        for _ in range(rng.randrange(1, 40)):
            number = rng.choice(("%d" % rng.randrange(-50, 5000), "%.2f" % rng.uniform(-20, 900), "%dk" % rng.randrange(9),
                                 "%.1f l" % rng.uniform(0, 99), "", "x", "%.3e" % rng.uniform(0, 1e5)))
            line = rng.choice(ids) + "," + number + rng.choice(("", "", ",note", ",a,b", ",,", ",,c"))
            lines.append(rng.choice((line, line, line, line, "# " + line, "", rng.choice(ids))))
        yield rng.choice(([], ["-r"], ["-w", "33"])), ("\n".join(lines) + rng.choice(("", "\n"))).encode()


def output_is_the_same():
    calls = list(cases())
    with open(REFERENCE, encoding="utf-8") as source:
        reference = box.scratch({"meter.pl": source.read()}) + "/meter.pl"
    want = [box.run(["perl", reference] + options, text) for options, text in calls]
    for path in glob.glob("/usr/bin/perl*"):
        os.chmod(path, 0o700)
    for (options, text), expected in zip(calls, want):
        got = box.run(["python3", "meter.py"] + options, text)
        box.same("%s on %.200r: status" % (options, text), got.code, expected.code)
        for one, other in zip(got.out.split(b"\n"), expected.out.split(b"\n")):
            box.same("%s on %.200r" % (options, text), one, other)
        box.same("%s on %.200r" % (options, text), got.out, expected.out)


box.main([output_is_the_same])
