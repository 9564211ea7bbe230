# overhang canary 8f350461af1252bffae461892644ef3e
import datetime
import json
import random

import box

PROGRAM = box.WORKSPACE + "/logjson"
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def call(text, *arguments):
    return box.run([PROGRAM, *(arguments or ("2024",))], text)


def compare(text, want, year="2024"):
    """`want`: the objects that should come out."""
    got = call(text, year)
    lines = "".join(json.dumps(one, separators=(",", ":"), ensure_ascii=False) + "\n" for one in want)
    box.same("status", got.code, 0)
    for number, (one, other) in enumerate(zip(got.out.decode().split("\n"), lines.split("\n"))):
        box.same("line %d of the output" % (number + 1), one, other)
    box.same("output", got.out.decode()[-300:], lines[-300:])


def web(line, time, address="1.2.3.4", user="kim", method="GET", target="/", status=200, size=5, referrer=None, agent="a"):
    return dict(line=line, time=time, kind="web", address=address, user=user, method=method, target=target, status=status,
                size=size, referrer=referrer, agent=agent)


def app(line, time, level, unit, message, fields=None, detail=()):
    return dict(line=line, time=time, kind="app", level=level, unit=unit, message=message, fields=fields or {},
                detail=list(detail))


def sys_(line, time, number, host, tag, pid, text):
    return dict(line=line, time=time, kind="sys", facility=number // 8, severity=number % 8, host=host, tag=tag, pid=pid,
                text=text)


def bad(line, text):
    return dict(line=line, kind="bad", text=text)


def web_lines():
    compare(r'''1.2.3.4 - kim [03/Feb/2024:22:30:05 +0130] "GET / HTTP/1.1" 200 5 "-" "a"
1.2.3.4 - - [29/Feb/2024:23:30:05 -0045] "POST /x" 404 - "http://e/" "-"
::1 - kim [01/Jan/2024:00:00:00 +1400] "-" 400 0 "" "b \"q\" \\ \n c"
1.2.3.4 - kim [31/Dec/2023:23:59:59 +0000] "get / HTTP/1.1" 200 5 "-" "ünï"
1.2.3.4 - kim [31/Dec/2023:23:59:59 -0000] "GET /a b HTTP/1.1" 200 5 "-" "a"
1.2.3.4 - kim [31/Dec/2023:23:59:59 -0000] "GET  / HTTP/1.1" 200 5 "-" "a"
1.2.3.4 - kim [31/Dec/2023:23:59:59 -0000] "GET /\" HTTP/1.1" 200 5 "\\" "a\\\\\""
1.2.3.4 - kim [31/Dec/2023:23:59:59 -0000] "GET / FTP/1.1" 200 5 "-" "tab	x"
1.2.3.4 - kim [31/Dec/2023:23:59:59 -0000] "" 200 5 "-" "a"
''', [web(1, "2024-02-03T21:00:05.000Z"),
      web(2, "2024-03-01T00:15:05.000Z", user=None, method="POST", target="/x", status=404, size=None,
          referrer="http://e/", agent=None),
      web(3, "2023-12-31T10:00:00.000Z", address="::1", method=None, target="-", status=400, size=0, referrer="",
          agent='b "q" \\ \\n c'),
      web(4, "2023-12-31T23:59:59.000Z", method=None, target="get / HTTP/1.1", agent="ünï"),
      web(5, "2023-12-31T23:59:59.000Z", method=None, target="GET /a b HTTP/1.1"),
      web(6, "2023-12-31T23:59:59.000Z", method=None, target="GET  / HTTP/1.1"),
      web(7, "2023-12-31T23:59:59.000Z", target='/"', referrer="\\", agent='a\\\\"'),
      web(8, "2023-12-31T23:59:59.000Z", method=None, target="GET / FTP/1.1", agent="tab\tx"),
      web(9, "2023-12-31T23:59:59.000Z", method=None, target="")])


def app_lines():
    compare(r'''2024-02-03T21:00:05.25Z WARN worker-3 job failed id=17 why="no \"x\" there" twice
  at one
	at two	

  not his
2024-02-03T21:00:05Z INFO u a=1 b=2 a="3 \\ \n 4" =5 6=7 c= d=x"y" e="open
2024-02-29T23:59:59.123456789Z ERROR u/v   some   words  x="a"b y="q" end=""
2024-02-03T00:00:00.0009Z DEBUG ü k-_9=ä=ö Z=" " é=1 x=y
 trace
# comment
 stray
2024-02-03T00:00:00Z INFO unit "x=1 y" z=2	w=3
2024-02-03T00:00:00Z INFO unit s="a b" t="c d"e="f g" h
''', [app(1, "2024-02-03T21:00:05.250Z", "warn", "worker-3", "job failed twice", {"id": "17", "why": 'no "x" there'},
          ["at one", "at two"]),
      bad(5, "  not his"),
      app(6, "2024-02-03T21:00:05.000Z", "info", "u", '=5 6=7 c= e="open', {"a": "3 \\ \\n 4", "b": "2", "d": 'x"y"'}),
      app(7, "2024-02-29T23:59:59.123Z", "error", "u/v", 'some words x="a"b', {"y": "q", "end": ""}),
      app(8, "2024-02-03T00:00:00.000Z", "debug", "ü", "é=1", {"k-_9": "ä=ö", "Z": " ", "x": "y"}, ["trace"]),
      bad(11, " stray"),
      app(12, "2024-02-03T00:00:00.000Z", "info", "unit", '"x=1 y"', {"z": "2\tw=3"}),
      app(13, "2024-02-03T00:00:00.000Z", "info", "unit", 't="c d"e="f g" h', {"s": "a b"})])


def sys_lines():
    compare('''<13>Feb  3 21:00:06 host7 cron[812]: (root) CMD (x)
<0>Feb  3 20:00:00 h kernel: earlier, a little
<191>Dec 31 23:59:59 h a/b.c_d-e:
<6>Jan  1 00:00:00 h x: new year
<6>Dec 31 23:59:59 h x: late by a second
<6>Jan  2 00:00:00 h x: again
<6>Feb 29 00:00:00 h x: not in this year
<6>Mar  1 00:00:00 h x: tight:text
<6>Jan  1 00:00:00 h x[7]:no space
<6>Jan  1 00:00:00 h x[7]:  two
''', [sys_(1, "2023-02-03T21:00:06.000Z", 13, "host7", "cron", 812, "(root) CMD (x)"),
      sys_(2, "2023-02-03T20:00:00.000Z", 0, "h", "kernel", None, "earlier, a little"),
      sys_(3, "2023-12-31T23:59:59.000Z", 191, "h", "a/b.c_d-e", None, ""),
      sys_(4, "2024-01-01T00:00:00.000Z", 6, "h", "x", None, "new year"),
      sys_(5, "2024-12-31T23:59:59.000Z", 6, "h", "x", None, "late by a second"),
      sys_(6, "2025-01-02T00:00:00.000Z", 6, "h", "x", None, "again"),
      bad(7, "<6>Feb 29 00:00:00 h x: not in this year"),
      sys_(8, "2025-03-01T00:00:00.000Z", 6, "h", "x", None, "tight:text"),
      bad(9, "<6>Jan  1 00:00:00 h x[7]:no space"),
      sys_(10, "2026-01-01T00:00:00.000Z", 6, "h", "x", 7, " two")], "2023")
    compare("<6>Mar  2 00:00:00 h x: a\n<6>Mar  1 00:00:00 h x: b\n<6>Feb 27 23:59:59 h x: c\n",
            [sys_(1, "2023-03-02T00:00:00.000Z", 6, "h", "x", None, "a"),
             sys_(2, "2023-03-01T00:00:00.000Z", 6, "h", "x", None, "b"),
             sys_(3, "2024-02-27T23:59:59.000Z", 6, "h", "x", None, "c")], "2023")


def bad_lines():
    lines = ["nonsense", '1.2.3.4 - kim [30/Feb/2024:22:30:05 +0130] "GET / HTTP/1.1" 200 5 "-" "a"',
             '1.2.3.4 - kim [03/Feb/2024:24:00:00 +0130] "GET / HTTP/1.1" 200 5 "-" "a"',
             '1.2.3.4 - kim [03/Feb/2024:23:00:60 +0130] "GET / HTTP/1.1" 200 5 "-" "a"',
             '1.2.3.4 - kim [03/Feb/2024:22:30:05 +0160] "GET / HTTP/1.1" 200 5 "-" "a"',
             '1.2.3.4 - kim [03/Feb/2024:22:30:05 +2460] "GET / HTTP/1.1" 200 5 "-" "a"',
             '1.2.3.4 - kim [3/Feb/2024:22:30:05 +0130] "GET / HTTP/1.1" 200 5 "-" "a"',
             '1.2.3.4 - kim [03/feb/2024:22:30:05 +0130] "GET / HTTP/1.1" 200 5 "-" "a"',
             '1.2.3.4 - kim [03/Feb/2024:22:30:05 +0130] "GET / HTTP/1.1" 2000 5 "-" "a"',
             '1.2.3.4 - kim [03/Feb/2024:22:30:05 +0130] "GET / HTTP/1.1" 200 5 "-" "a" ',
             '1.2.3.4 - kim [03/Feb/2024:22:30:05 +0130] "GET / HTTP/1.1" 200 5 "-" "a\\"',
             '1.2.3.4 - kim [03/Feb/2024:22:30:05 +0130] "GET / HTTP/1.1" 200 5 "-"',
             '1.2.3.4 - kim [03/Feb/2024:22:30:05 +0130] "GE"T / HTTP/1.1" 200 5 "-" "a"',
             "2024-02-30T00:00:00Z INFO u m", "2023-02-29T00:00:00Z INFO u m", "2024-02-03T00:00:00 INFO u m",
             "2024-02-03T00:00:00.Z INFO u m", "2024-02-03T00:00:00.1234567890Z INFO u m", "2024-02-03T00:00:00Z info u m",
             "2024-02-03T00:00:00Z INFO u", "2024-02-03T00:00:00Z INFO u ", "2024-02-03T25:00:00Z INFO u m",
             "<192>Feb  3 21:00:06 h t: x", "<01>Feb  3 21:00:06 h t: x", "<>Feb  3 21:00:06 h t: x",
             "<1>Feb 3 21:00:06 h t: x", "<1>Feb 03 21:00:06 h t: x", "<1>Feb 30 21:00:06 h t: x", "<1>Feb  3 21:60:06 h t: x",
             "<1>Feb  3 21:00:06 h t[]: x", "<1>Feb  3 21:00:06 h t x", "<1>Feb  0 21:00:06 h t: x", " first line blank"]
    text = "\n\n".join(lines)
    compare(text, [bad(1 + 2 * i, line) for i, line in enumerate(lines)])
    compare("a\x01b\x1f\"\\/\x7f\u2028\b\f\r\n", [bad(1, "a\x01b\x1f\"\\/\x7f\u2028\b\f\r")])
    compare("2024-02-03T00:00:00Z INFO u m\nplain\n trace\n", [app(1, "2024-02-03T00:00:00.000Z", "info", "u", "m"),
                                                            bad(2, "plain"), bad(3, " trace")])


def arguments():
    for case in ([], ["24"], ["20245"], ["abcd"], ["2024", "x"], ["-202"]):
        got = box.run([PROGRAM] + case, "plain\n")
        box.same("status and output with %s" % case, (got.code, got.out), (2, b""))


def random_logs():
    rng = random.Random(4410)
    for _ in range(6):
        text, want, number = [], [], 0
        now = datetime.datetime(2021, 11, 1)
        for _ in range(300):
            number += 1
            kind = rng.randrange(5)
            now += datetime.timedelta(seconds=rng.randrange(1, 200000))
            stamp = now.isoformat() + ".000Z"
            if kind == 0:
                zone = rng.randrange(-14 * 60, 14 * 60)
                local = now + datetime.timedelta(minutes=zone)
                text.append('9.8.7.6 - - [%02d/%s/%04d:%s %s%02d%02d] "PUT /p%d HTTP/2" 201 %d "-" "-"' % (
                    local.day, MONTHS[local.month - 1], local.year, local.strftime("%H:%M:%S"), "-" if zone < 0 else "+",
                    abs(zone) // 60, abs(zone) % 60, number, number * 7))
                want.append(web(number, stamp, "9.8.7.6", None, "PUT", "/p%d" % number, 201, number * 7, None, None))
            elif kind == 1:
                text.append("%sZ INFO unit%d did k%d=v%d things" % (now.isoformat(), number % 3, number, number))
                detail = ["at %d" % i for i in range(rng.randrange(4))]
                text += ["\t " + line for line in detail]
                want.append(app(number, stamp, "info", "unit%d" % (number % 3), "did things", {"k%d" % number: "v%d" % number},
                                detail))
                number += len(detail)
            elif kind == 2:
                level = rng.randrange(192)
                text.append("<%d>%s %2d %s box svc[%d]: t%d" % (level, MONTHS[now.month - 1], now.day, now.strftime("%H:%M:%S"),
                                                                number, number))
                want.append(sys_(number, stamp, level, "box", "svc", number, "t%d" % number))
            elif kind == 3:
                text.append("junk %d" % number)
                want.append(bad(number, text[-1]))
            else:
                text.append("")
        compare("\n".join(text), want, "2021")


box.main([web_lines, app_lines, sys_lines, bad_lines, arguments, random_logs])
