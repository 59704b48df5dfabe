"""Tells what an interpreter is, as one line of JSON. Runs on every Python 3 that can start, so that an old one is named."""

import json
import platform
import struct
import sys
import sysconfig

tag = sysconfig.get_platform()
machine = platform.machine() if "universal2" in tag else tag.rsplit("-", 1)[-1]
if struct.calcsize("P") == 4:
    machine = "32-bit"
family = {"linux": "linux", "darwin": "macos", "win32": "windows"}.get(sys.platform, sys.platform)
libc, libc_version = platform.libc_ver() if family == "linux" else ("", "")

print(
    json.dumps(
        {
            "executable": sys.executable,
            "base": getattr(sys, "_base_executable", None) or sys.executable,
            "virtual": sys.prefix != sys.base_prefix,
            "version": "%d.%d.%d" % sys.version_info[:3],
            "implementation": sys.implementation.name,
            "freeThreaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
            "os": family,
            "arch": {"AMD64": "x86_64", "amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine),
            "glibc": libc_version if libc == "glibc" else None,
        }
    )
)
