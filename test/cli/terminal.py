"""Runs a command on a pseudo-terminal and types into it: terminal.py COLUMNS KEYS COMMAND...

KEYS is a JSON list of [text to wait for, what to type then]. Prints {"code": ..., "output": ...}.
"""

import fcntl
import json
import os
import pty
import struct
import sys
import termios

columns, keys, command = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    # The size is there before the command looks.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    os.execvp(command[0], command)

output, searched = b"", 0
while True:
    while keys and (found := output.find(keys[0][0].encode(), searched)) != -1:
        searched = found + len(keys[0][0])
        os.write(terminal, keys.pop(0)[1].encode())
    try:
        part = os.read(terminal, 65536)
    except OSError:  # Linux says EIO once the other side has gone
        break
    if not part:
        break
    output += part
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(json.dumps({"code": code, "output": output.decode()}))
