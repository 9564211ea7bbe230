# overhang canary 1ca35f232764e47b24507dee13c23f84
import json
import random

import box

DRIVER = r"""
const { render } = require('/workspace/letters.js');
for (const line of require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  const [template, data] = JSON.parse(line);
  let answer;
  const before = JSON.stringify(data);
  try { answer = ['text', render(template, data)]; }
  catch (error) { answer = ['error', error instanceof Error ? error.message : 'not an Error']; }
  if (JSON.stringify(data) !== before) answer = ['error', 'the data was changed'];
  console.log(JSON.stringify(answer));
}
"""


def renders(label, cases):
    folder = box.scratch({"driver.js": DRIVER})
    got = box.run(["node", folder + "/driver.js"], "\n".join(json.dumps(case[:2]) for case in cases))
    lines = got.out.decode("utf-8", "replace").splitlines()
    for number, (template, data, want) in enumerate(cases):
        want = ["error", want[1:]] if want.startswith("\0") else ["text", want]
        box.same("%s: %.200r with %.200r" % (label, template, data), json.loads(lines[number]) if number < len(lines) else got.err[-300:].decode(), want)


def E(line, text):
    return "\0line %d: %s" % (line, text)


D = {"name": "Ann <b>", "n": 3, "z": 0, "none": None, "yes": True, "no": False, "e": "", "list": ["x", "y", "z"], "empty": [], "half": 2.5, "big": 1e21,
     "who": {"first": "Al", "last": None, "pets": [{"k": "cat"}, {"k": "dog"}]}, "eo": {}, "name2": "Zoë & \"Q\" 'q'", "rows": [[1, 2], [], [3]], "length": 7}


def values():
    renders("values", [
        ("", {}, ""), ("plain { } text }} {", {}, "plain { } text }} {"), ("{{name}}", D, "Ann &lt;b&gt;"), ("{{ name }}|{{&name}}|{{& name }}", D, "Ann &lt;b&gt;|Ann <b>|Ann <b>"),
        ("{{name2}}", D, "Zoë &amp; &quot;Q&quot; &#39;q&#39;"), ("{{n}} {{z}} {{half}} {{yes}} {{no}} [{{none}}] [{{e}}] {{big}}", D, "3 0 2.5 true false [] [] 1e+21"),
        ("[{{missing}}]", D, E(1, "unknown name missing")), ("{{who.first}}[{{who.last}}]", D, "Al[]"), ("{{who.first.x}}", D, E(1, "unknown name who.first.x")),
        ("{{who.middle}}", D, E(1, "unknown name who.middle")), ("{{none.x}}", D, E(1, "unknown name none.x")), ("{{list.1}}{{list.length}}", D, E(1, "bad name list.1")), ("{{list.length}}", D, E(1, "unknown name list.length")),
        ("{{list}}", D, E(1, "list cannot be printed")), ("a\n{{who}}", D, E(2, "who cannot be printed")), ("{{toString}}", D, E(1, "unknown name toString")),
        ("{{name.length}}", D, E(1, "unknown name name.length")), ("{{length}}", D, "7"), ("{{constructor.name}}", D, E(1, "unknown name constructor.name")), ("{{__proto__}}", D, E(1, "unknown name __proto__")),
        ("{{missing|or nobody}}", D, "nobody"), ("{{none|or -}}{{e|or <empty>}}{{z|or 5}}{{no|or x}}", D, "-&lt;empty&gt;0false"), ("{{ who.x.y | or  a b  }}!", D, "a b!"), ("{{&e|or <i>}}", D, "<i>"),
        ("{{name|upper}}{{ name | lower }}", D, "ANN &lt;B&gt;ann &lt;b&gt;"), ("{{n|pad 5}}|{{name|pad 3}}|{{e|pad 2}}|{{n|pad -4}}|", D, "    3|Ann &lt;b&gt;|  |3   |"),
        ("{{e|or abc|upper|pad 5}}|{{e|upper|or abc}}", D, "  ABC|abc"), ("{{missing|upper}}", D, E(1, "unknown name missing")), ("{{missing|upper|or x}}", D, "x"),
        ("{{name|frob}}", D, E(1, "unknown filter frob")), ("\n\n{{n|pad}}", D, E(3, "pad needs a number")), ("{{n|pad 1.5}}", D, E(1, "pad needs a number")), ("{{n|upper 3}}", D, E(1, "upper takes nothing")),
        ("{{n|or}}", D, "3"), ("[{{e|or}}]", D, "[]"), ("{{n|}}", D, E(1, "unknown filter ")), ("{{list|or x}}", D, E(1, "list cannot be printed")), ("{{empty|or x}}", D, E(1, "empty cannot be printed")),
        ("{{name2|pad 15}}|", D, "  Zoë &amp; &quot;Q&quot; &#39;q&#39;|"), ("{{name2 | or a}}", {"name2": "\U0001f600"}, "\U0001f600"), ("{{a|pad 3}}", {"a": "\U0001f600"}, "  \U0001f600"),
    ])


def syntax():
    renders("syntax", [
        ("{{", D, E(1, "tag not closed")), ("a\nb {{name\n}}\n{{ n", D, E(4, "tag not closed")), ("{{}}", D, E(1, "bad name ")), ("{{ 9a }}", D, E(1, "bad name 9a")), ("{{a b}}", D, E(1, "bad name a b")),
        ("{{a..b}}", D, E(1, "bad name a..b")), ("{{.a}}", D, E(1, "bad name .a")), ("{{name}", D, E(1, "tag not closed")), ("{{{name}}", D, E(1, "bad name {name")), ("{{_x9}}", {"_x9": 1}, "1"),
        ("{{! a comment {{ }}x", D, "x"), ("a{{!}}b", D, "ab"), ("{{!", D, E(1, "tag not closed")), ("{{if yes}}a", D, E(1, "if not closed")), ("x\n{{each list}}\n{{if yes}}{{end}}", D, E(2, "each not closed")),
        ("{{end}}", D, E(1, "end without a block")), ("{{else}}", D, E(1, "else without if")), ("{{each list}}{{else}}{{end}}", D, E(1, "else without if")), ("{{if yes}}{{else}}{{else}}{{end}}", D, E(1, "else without if")),
        ("{{if yes}}\n{{each list}}\n{{end}}", D, E(1, "if not closed")), ("{{frob yes}}", D, E(1, "bad name frob yes")), ("{{if}}", D, E(1, "bad name ")), ("{{if }}", D, E(1, "bad name ")), ("{{if a|upper}}{{end}}", D, E(1, "bad name a|upper")),
        ("{{if no}}{{9}}{{end}}", D, E(1, "bad name 9")), ("{{missing}}{{if x}}", D, E(1, "if not closed")), ("{{if no}}{{missing}}{{x|frob}}{{end}}", D, E(1, "unknown filter frob")), ("{{each empty}}{{missing}}{{end}}ok", D, "ok"),
        ("{{endless}}{{iffy}}", {"endless": 1, "iffy": 2}, "12"), ("{{if.x}}", {"if": {"x": 4}}, "4"), ("{{&if}}", {"if": 5}, "5"), ("{{each  list }}.{{ end }}", D, "..."), ("{{end x}}", D, E(1, "bad name end x")),
        ("}}{{name}}}}", {"name": "q"}, "}}q}}"), ("{{9}}\n{{", D, E(1, "bad name 9")), ("{{each list}}{{end}}{{end}}{{9}}", D, E(1, "end without a block")), ("{{n|pad x}}{{each", D, E(1, "pad needs a number")),
    ])


def blocks():
    renders("blocks", [
        ("{{if yes}}a{{else}}b{{end}}{{if no}}a{{else}}b{{end}}", D, "ab"), ("{{if z}}t{{else}}f{{end}}{{if n}}t{{end}}{{if e}}t{{else}}f{{end}}{{if none}}t{{else}}f{{end}}{{if empty}}t{{else}}f{{end}}{{if eo}}t{{end}}{{if list}}t{{end}}", D, "ftffftt"),
        ("{{if missing}}t{{else}}f{{end}}{{if who.x.y}}t{{else}}f{{end}}", D, "ff"), ("{{if not missing}}t{{end}}{{if not yes}}t{{else}}f{{end}}{{if  not  no}}t{{end}}", D, "tft"), ("{{if not}}x{{end}}", {"not": 1}, "x"),
        ("{{each list}}<{{it}}>{{end}}", D, "<x><y><z>"), ("{{each list}}{{at}}{{if last}}.{{else}},{{end}}{{end}}", D, "1,2,3."), ("{{each who.pets}}{{k}}/{{it.k}}/{{name}} {{end}}", D, "cat/cat/Ann &lt;b&gt; dog/dog/Ann &lt;b&gt; "),
        ("{{each rows}}{{at}}[{{each it}}{{it}}{{at}}{{if last}}!{{end}}{{end}}]{{at}} {{end}}", D, "1[1122!]1 2[]2 3[31!]3 "), ("{{each eo}}x{{end}}", D, E(1, "eo is not a list")), ("{{each name}}x{{end}}", D, E(1, "name is not a list")),
        ("{{each none}}x{{end}}{{each missing}}", D, E(1, "each not closed")), ("{{each none}}x{{end}}.", D, "."), ("\n{{each missing}}x{{end}}", D, E(2, "unknown name missing")),
        ("{{each p}}{{at}}{{it}}{{end}}", {"p": [{"at": "mine", "it": "own"}]}, "mineown"), ("{{each p}}{{n}}{{end}}", {"n": "outer", "p": [{"n": None}, {}, {"n": "in"}]}, "outerin"), ("{{each p}}{{n.x}}{{end}}", {"n": {"x": 1}, "p": [{"n": {}}]}, E(1, "unknown name n.x")),
        ("{{each p}}{{n}}{{end}}", {"n": 1, "p": [5, "s", None, [2]]}, "1111"), ("{{it}}", D, E(1, "unknown name it")), ("{{last|or no}}", D, "no"), ("{{each list}}{{end}}{{at}}", D, E(1, "unknown name at")),
        ("{{each p}}[{{it}}]{{end}}", {"p": [None, "", 0, False]}, "[][][0][false]"), ("{{each p}}{{it}}{{end}}", {"p": ["a", ["b"]]}, E(1, "it cannot be printed")), ("{{each p}}{{length}}{{end}}", {"p": [["b"], "ab"]}, E(1, "unknown name length")),
    ])


def lines():
    renders("lines", [
        ("a\n{{if yes}}\nb\n{{end}}\nc\n", D, "a\nb\nc\n"), ("  {{if yes}}  \n  b\n\t{{end}}", D, "  b\n"), ("{{each list}}\n- {{it}}\n{{end}}\n", D, "- x\n- y\n- z\n"), ("x {{if yes}}\nb\n{{end}}\n", D, "x \nb\n"),
        ("{{if yes}} {{end}}\nq", D, " \nq"), ("{{! note }}\nx\n  {{! note }}  \ny", D, "x\ny"), ("{{e}}\nx", D, "\nx"), ("{{if no}}\n{{else}}\nb\n{{end}}", D, "b\n"), ("a\r\n{{if yes}}\r\nb\r\n{{end}}\r\n", D, "a\r\nb\r\n"),
        ("{{!a}}{{!b}}\nx", D, "\nx"), ("{{if yes}}\n\n{{end}}\n\n", D, "\n\n"), ("{{!a\nb}}\nx{{missing}}", D, E(3, "unknown name missing")), ("\n {{!a\nb}} \nx", D, "\nx"), ("a{{!b}}\n{{!c}}", D, "a\n"), ("{{if yes}}\n{{9}}{{end}}", D, E(2, "bad name 9")),
        ("{{each list}}\n{{if last}}\n{{it}}\n{{end}}\n{{end}}\n", D, "z\n"), ("{{if\nyes}}\nx\n{{end}}{{name\n|upper}}", {"yes": 1, "name": "q"}, "x\n{{end}}"[:2] + "Q"), (" {{each empty}}\n{{end}} \n", D, ""),
    ])


def large():
    rng = random.Random(77101)
    rows = [{"k": "k%d" % rng.randrange(999), "v": rng.randrange(9)} for _ in range(20000)]
    template = "{{each rows}}\n{{k|pad 6}}{{if v}}:{{v}}{{else}}-{{end}}\n{{end}}\n"
    want = "".join("%6s%s\n" % (row["k"], ":%d" % row["v"] if row["v"] else "-") for row in rows)
    deep = "{{if y}}" * 800 + "x" + "{{end}}" * 800
    renders("large", [(template, {"rows": rows}, want), ("text {{ n }} {" * 30000, {"n": 1}, "text 1 {" * 30000), (deep, {"y": 1}, "x"), ("{{!" + "{" * 300000, {}, E(1, "tag not closed")), ("{" * 200001 + "n}}", {"n": 1}, E(1, "bad name " + "{" * 199999 + "n"))])


box.main([values, syntax, blocks, lines, large])
