"""Measures the service itself: size of the binary, start-up time, memory and CPU at rest.

usage: service_figures.py BINARY [--starts 10] [--rest-s 10]

Start-up: from the start of the process to its first 200 on /ready, each time with a new state folder and once more with
the same one. At rest: resident memory and CPU seconds after `--rest-s` seconds in which nobody asks.
Standard library only.
"""

import argparse
import http.client
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def service(binary: Path, folder: Path):
    """A started service and the milliseconds until it was ready; ended by the signal that a supervisor would send."""
    port = free_port()
    env = os.environ | {"TEXTMILL_STATE_DIR": str(folder / "state")}
    with (folder / "log").open("ab") as log:
        started = time.monotonic()
        process = subprocess.Popen(
            [binary, "serve", "--bind", f"127.0.0.1:{port}"], cwd=folder, env=env, stdout=log, stderr=log
        )
        try:
            while not is_ready(port):
                if process.poll() is not None or time.monotonic() - started > 30:
                    raise SystemExit(f"the service did not become ready:\n{(folder / 'log').read_text()[-2000:]}")
                time.sleep(0.001)
            yield process.pid, (time.monotonic() - started) * 1000
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def at_rest(pid: int, rest_s: float) -> dict:
    ticks = os.sysconf("SC_CLK_TCK")

    def cpu_s() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / ticks

    before = cpu_s()
    time.sleep(rest_s)
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {
        "rss_mib": int(status["VmRSS"].split()[0]) / 1024,
        "threads": int(status["Threads"]),
        "cpu_percent": 100 * (cpu_s() - before) / rest_s,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures the service itself.")
    parser.add_argument("binary", type=Path)
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--rest-s", type=float, default=10)
    args = parser.parse_args()
    binary = args.binary.resolve()
    first, again = [], []
    for _ in range(args.starts):
        with tempfile.TemporaryDirectory() as folder:
            with service(binary, Path(folder)) as (_, ready_ms):
                first.append(ready_ms)
            with service(binary, Path(folder)) as (_, ready_ms):
                again.append(ready_ms)
    with tempfile.TemporaryDirectory() as folder, service(binary, Path(folder)) as (pid, _):
        rest = at_rest(pid, args.rest_s)
    print("| figure | value |\n| --- | ---: |")
    print(f"| size of the binary | {binary.stat().st_size / 2**20:.1f} MiB |")
    print(f"| ready, new state folder | {statistics.median(first):.0f} ms (median of {args.starts}) |")
    print(f"| ready, existing state folder | {statistics.median(again):.0f} ms (median of {args.starts}) |")
    print(f"| resident memory at rest | {rest['rss_mib']:.1f} MiB |")
    print(f"| threads | {rest['threads']} |")
    print(f"| CPU at rest | {rest['cpu_percent']:.2f} % of one core |")


if __name__ == "__main__":
    main()
