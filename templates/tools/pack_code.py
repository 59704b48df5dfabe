"""Packs modules of the serving code as byte code into one zip that Python imports from, so that no cold start compiles them.

    python -I -S -B pack_code.py < JOB

JOB is JSON: {"python": "3.12", "folder": of mlfn_serve, "names": modules below it, "out": the file to write}. Prints
{"packed": true}, or {"packed": false} where this is another Python than the one that will run them.

Members are stored: whoever compresses the package sees all of them as one text. Docstrings and assertions are left out.
The same sources give the same bytes on every machine, as in byte_code.py.
"""

import json
import os
import sys
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from byte_code import compiled

EPOCH = (1980, 1, 1, 0, 0, 0)


def main():
    job = json.load(sys.stdin)
    same = job["python"] == f"{sys.version_info[0]}.{sys.version_info[1]}"
    if same:
        pack(job["folder"], job["names"], job["out"])
    print(json.dumps({"packed": same}))


def pack(folder, names, out):
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(names):
            source = os.path.join(folder, *name.split("/")) + ".py"
            with open(source, "rb") as file:
                text = file.read()
            data = compiled(text, f"mlfn_serve/{name}.py", optimize=2)
            member = zipfile.ZipInfo(f"{name}.py" if data is None else f"{name}.pyc", EPOCH)
            member.create_system = 3
            member.external_attr = 0o100644 << 16
            archive.writestr(member, text if data is None else data)


if __name__ == "__main__":
    main()
