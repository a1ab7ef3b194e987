"""Runs one command to its end and says what it, and every process it started, used.

CPU seconds (user + system) and the peak of the largest process come from wait4: the kernel adds up the command and all
processes it waited for. The peak of all together is watched every 20 ms: the sum of the peaks of the processes that are
alive at one moment. That is at most too high, since memory they share counts for each.
This module imports nothing large: on Linux a child's peak memory starts at its parent's.
"""

import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

LOOK_S = 0.02


class Watch:
    """Watches the memory of a process and its descendants, in a thread, from the call of `begin` to that of `end`."""

    def __init__(self) -> None:
        self.peak_kib = 0
        self._seen = set(os.listdir("/proc"))
        self._family: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def begin(self, pid: int) -> None:
        self._seen.add(str(pid))
        self._family.add(str(pid))
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.is_set():
            self._find_children()
            self.peak_kib = max(self.peak_kib, sum(map(peak_kib, self._family)))
            self._over.wait(LOOK_S)

    def _find_children(self) -> None:
        """Only processes that were not there at the last look are read: a look must cost next to nothing."""
        there = set(os.listdir("/proc"))
        for pid in sorted((p for p in there - self._seen if p.isdigit()), key=int):
            if parent(pid) in self._family:
                self._family.add(pid)
        self._family &= there
        self._seen = there


def status_of(pid: str) -> dict[str, str]:
    """/proc/PID/status; empty for a process that is gone."""
    try:
        lines = Path("/proc", pid, "status").read_text().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def parent(pid: str) -> str:
    return status_of(pid).get("PPid", "")


def peak_kib(pid: str) -> int:
    return int(status_of(pid).get("VmHWM", "0 kB").split()[0])


def end_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def measure(argv: list[str], cwd: Path, env: dict[str, str], limit_s: float) -> dict:
    """Runs `argv` to its end, or to the limit: then it and all it started are killed."""
    watch = Watch()
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        child = subprocess.Popen(argv, cwd=cwd, env=os.environ | env, stdout=said, stderr=said, start_new_session=True)
        limit = threading.Timer(limit_s, end_group, [child.pid])
        limit.start()
        watch.begin(child.pid)
        _, status, used = os.wait4(child.pid, 0)
        wall_s = time.monotonic() - began
        limit.cancel()
        watch.end()
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        tail = said.read()[-300:].decode(errors="replace").strip()
    largest_kib = used.ru_maxrss
    return {
        "exit_status": child.returncode,
        "wall_s": round(wall_s, 3),
        "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        "system_s": round(used.ru_stime, 3),
        "peak_mib": round(max(watch.peak_kib, largest_kib) / 1024),
        "largest_process_mib": round(largest_kib / 1024),
        "load": round(os.getloadavg()[0], 1),
        "error": tail if child.returncode else None,
    }
