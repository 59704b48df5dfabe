"""Writes a wheel as asked: `wheel.py FILE < {"members": [[name, hex, method, how], ...], "module": "pkg"}`.

`method` is a name of zipfile's (STORED, DEFLATED, BZIP2); `how` is null, "streamed" (sizes behind the data), "zip64" or
"comment". METADATA, WHEEL and RECORD are added.
"""

import base64
import hashlib
import io
import json
import sys
import zipfile


class Pipe(io.RawIOBase):
    """Cannot seek: zipfile then writes data descriptors."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def main(path, spec):
    module = spec["module"]
    info = f"{module}-1.0.dist-info"
    members = [(name, bytes.fromhex(text), method, how) for name, text, method, how in spec["members"]]
    members.append((f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n".encode(), "DEFLATED", None))
    wheel_file = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    members.append((f"{info}/WHEEL", wheel_file, "DEFLATED", None))
    rows = []
    for name, data, _, _ in members:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        quoted = f'"{name}"' if "," in name else name
        rows.append(f"{quoted},sha256={digest},{len(data)}")
    members.append((f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,"]).encode() + b"\n", "DEFLATED", None))
    with open(path, "wb") as file:
        streamed = any(how == "streamed" for *_, how in members)
        with zipfile.ZipFile(Pipe(file) if streamed else file, "w") as wheel:
            for name, data, method, how in members:
                entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
                entry.compress_type = getattr(zipfile, f"ZIP_{method}")
                with wheel.open(entry, "w", force_zip64=how == "zip64") as member:
                    member.write(data)
            if any(how == "comment" for *_, how in members):
                wheel.comment = b"a comment behind the end"


main(sys.argv[1], json.load(sys.stdin))
