"""Writes small real wheels: `wheels.py FOLDER < [{"name", "version", "tag", "requires": [...], "python": ">=3.9"}]`."""

import base64
import hashlib
import json
import pathlib
import sys
import zipfile

WHEN = (2020, 1, 1, 0, 0, 0)


def write(folder, name, version, tag="py3-none-any", requires=(), python=None, script=False, padding=0):
    module = name.replace("-", "_").lower()
    info = f"{module}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Requires-Dist: {one}" for one in requires] + ([f"Requires-Python: {python}"] if python else [])
    files = {
        f"{module}/__init__.py": f"__version__ = {version!r}\n" + "#" * padding,
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if script:
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{module} = {module}:main\n"
    rows = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={digest},{len(text)}")
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(pathlib.Path(folder) / f"{module}-{version}-{tag}.whl", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(zipfile.ZipInfo(path, WHEN), text)


for spec in json.load(sys.stdin):
    write(sys.argv[1], **spec)
