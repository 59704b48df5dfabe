"""Turns a bare interpreter into a Lambda-like worker, then hands over to the runtime client.

Started by the local target as ``python -I -S -B -X utf8 worker.py SETUP`` with SETUP a JSON object:

    path      folders for sys.path: function part, its code/, dependency part
    client    folder that holds awslambdaric, or null for runtime_client.py beside this file
    handler   module.function
    memory    MB
    own       its temporary folder, the only one that may be written to besides /tmp
    kept      mlfn's own folder, of which nothing is written to even when it lies in /tmp
    writes    the folder that stands for where the function may write its answers, or null
"""

import errno
import json
import os
import runpy
import sys
import threading

# Flags of os.open that change something.
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Audit events that change a path: which of their arguments are paths, and which the folders these are relative to.
_CHANGES = {
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((1, 3),),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
    "os.utime": ((0, 3),),
}


def make_read_only(own, kept, writes):
    """Refuses, as Lambda does, every change of a file outside ``own``, ``writes`` and /tmp: OSError EROFS.

    It holds for what Python itself opens. The package's folders are read-only by their modes besides.
    """
    own, kept, shared = (os.path.join(os.path.realpath(folder), "") for folder in (own, kept, "/tmp"))
    free = (own,) if writes is None else (own, os.path.join(os.path.realpath(writes), ""))
    devices = ("/dev/", "/proc/self/") if os.name == "posix" else ()
    # Looked up now: the function's own code could replace them later.
    path_of, real, join, split, refusal = os.fsdecode, os.path.realpath, os.path.join, os.path.split, os.strerror(errno.EROFS)

    def refuse(path, folder, follow):
        if path is None or isinstance(path, int):
            return  # A descriptor that is open already.
        name = path_of(path)
        if name.startswith(devices) and not name.startswith("/dev/shm") or name.lower() == "nul":
            return
        if folder is not None and folder >= 0:
            if sys.platform != "linux":
                return  # It was opened, so it was looked at; its name cannot be told here.
            name = join("/proc/self/fd", str(folder), name)
        # A link is removed or renamed itself; opening goes where it points to.
        parent, base = split(name.rstrip("/") or "/")
        absolute = real(name) if follow else join(real(parent or "."), base)
        inside = join(absolute, "")
        if not inside.startswith(free) and (inside.startswith(kept) or not inside.startswith(shared)):
            raise OSError(errno.EROFS, refusal, path_of(path))

    def hook(event, args):
        if event == "open":
            if args[2] & _WRITING:
                refuse(args[0], None, True)
        elif event in _CHANGES:
            for path, folder in _CHANGES[event]:
                refuse(args[path], None if folder is None else args[folder], False)

    sys.addaudithook(hook)


def end_with_parent():
    """Ends this process and all it started when standard input ends, which is when the daemon is gone."""
    lifeline = os.dup(0)
    os.set_inheritable(lifeline, False)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)

    def wait():
        try:
            while os.read(lifeline, 1):
                pass
        except OSError:
            pass
        if os.name == "posix":
            os.killpg(0, 9)
        os._exit(1)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()


def limit_memory(megabytes):
    """A backstop behind the daemon's own watch, for one giant allocation between two looks.

    RLIMIT_DATA counts what is reserved, not what is used, so thread stacks and arenas get room of their own.
    """
    if sys.platform != "linux":
        return
    import resource

    room = (1024 + 64 * (os.cpu_count() or 1)) << 20
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = (megabytes << 20) + room
    limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        # When the machine is short of memory, this goes before anything of the user's.
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")
    except OSError:
        pass


def main():
    setup = json.loads(sys.argv[1])
    end_with_parent()
    limit_memory(setup["memory"])
    own = os.path.dirname(os.path.abspath(__file__))
    # -S left these out, and functions may use them.
    import site

    site.setquit()
    sys.path[:0] = setup["path"]
    sys.path.append(setup["client"] or own)
    make_read_only(setup["own"], setup["kept"], setup["writes"])
    module = "awslambdaric" if setup["client"] else "runtime_client"
    sys.argv = [module, setup["handler"]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
