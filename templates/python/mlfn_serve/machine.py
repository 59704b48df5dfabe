"""What this process may use of the machine: CPUs and memory, of the container where there is one."""

import os

# cgroup v1 says so in bytes, near 2**63.
UNLIMITED = 1 << 50


def memory():
    """Bytes that the container may use; 0 where there is no limit."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        found = _number(path)
        if found:
            return found if found < UNLIMITED else 0
    return 0


def cpus():
    """Whole CPUs that the container may use, at least 1: what the scheduler gives, and what the cgroup's quota leaves of it."""
    try:
        count = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        count = os.cpu_count() or 1
    allowed = quota() or _quota_v1()
    return max(1, count if allowed is None else min(count, int(allowed)))


def threads():
    """Threads of this process, those of C libraries among them; None where the system does not tell."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return None


def resident():
    """Bytes that this process has in memory; None where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def quota(path="/sys/fs/cgroup/cpu.max"):
    """CPUs as a number with a fraction; None without a quota: docs.kernel.org/admin-guide/cgroup-v2.html"""
    try:
        with open(path, encoding="ascii") as file:
            allowed, period = file.read().split()
            return None if allowed == "max" else int(allowed) / int(period)
    except (OSError, ValueError):
        return None


def _quota_v1():
    allowed, period = (_number(f"/sys/fs/cgroup/cpu/cpu.cfs_{name}_us") for name in ("quota", "period"))
    return allowed / period if allowed and period and allowed > 0 else None


def _number(path):
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None
