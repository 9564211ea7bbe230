"""Writes seeds for scripts/fuzz from the corpus of odd answers and requests: `fuzz_seeds.py FOLDER`."""

import json
import sys
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[2] / "crates" / "dialect" / "tests" / "corpus"
# A stream's first byte says into how large chunks the rest is cut.
CUT = b"\x10"


def stream(pieces):
    out = []
    for piece in pieces:
        if isinstance(piece, str):
            out.append(piece)
            continue
        name, data = piece
        data = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
        out.append((f"event: {name}\n" if name else "") + f"data: {data}\n\n")
    return CUT + "".join(out).encode()


def write(target, name, data):
    folder = Path(sys.argv[1]) / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


for file in sorted(CORPUS.glob("*/*.json")):
    case, dialect = json.loads(file.read_text()), file.parent.name
    for form in ("odd", "plain"):
        forms = case.get(form) or {}
        if "stream" in forms:
            data = stream(forms["stream"])
            write(f"stream-{dialect}", f"{file.stem}.{form}", data)
            write("sse", f"{dialect}.{file.stem}.{form}", data)
        if "whole" in forms:
            write("whole", f"{dialect}.{file.stem}.{form}", json.dumps(forms["whole"]).encode())
for file in sorted(CORPUS.glob("requests/*/*.json")):
    case = json.loads(file.read_text())
    for form in ("odd", "plain"):
        if form in case:
            for target in ("request", "passing"):
                write(target, f"{file.parent.name}.{file.stem}.{form}", json.dumps(case[form]).encode())
