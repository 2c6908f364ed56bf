"""A process that runs answers, as its judge sees it: begun, asked, and ended whatever it does.

On Linux all of them are forked from one that has NumPy and the workbook loaded, which takes a hundredth of the time.
Elsewhere, where a process that has loaded so much is not safe to fork, each is begun anew.
"""

import atexit
import contextlib
import json
import os
import pickle
import queue
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path
from typing import IO, Any

import psutil

from utils.judge.code.calls import SECONDS

ROOT = Path(__file__).resolve().parents[3]
LIMITS = {"memory": 640 << 20, "seconds": 300}  # bytes, filled before the time is up; a chapter needs a fifth
START = 60.0  # seconds for a process to begin, on a machine with much else to do
QUICK = 0.2  # seconds within which most replies come, and after which it is looked what became of the others
HELD_UP = 10  # times as long as it works a process may take, where others hold it up
RUNNABLE = (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
ENDLESS = 32 << 20  # characters of a reply: no honest one comes near
WORKER = [sys.executable, "-P", "-m", "utils.teach.grade.worker"]
LINUX = sys.platform == "linux"


class Stopped(Exception):
    """The process has ended, or talks nonsense."""


class Late(Stopped, TimeoutError):
    """A reply did not come in time."""


class Process:
    """A process that runs answers, one command after the other, in a folder of its own.

    spent: the seconds that it has worked or slept, and not those in which others held it up. Limits are measured in
    these, so that marks are the same on a machine that has much else to do.
    """

    def __init__(self) -> None:
        """Raises ChildProcessError if none can be begun."""
        self.spent = 0.0
        self._worked = 0.0  # seconds of processor time that are known of
        self._folder = tempfile.TemporaryDirectory(prefix="answer-", ignore_cleanup_errors=True)
        self._named = json.dumps(self._folder.name)[1:-1].encode()  # in messages: it is another one at every run
        self._commands: queue.Queue[bytes] = queue.Queue()
        self._replies: queue.Queue[bytes] = queue.Queue()
        self._worker: psutil.Process | None = None
        try:
            line = (_forked if LINUX else _started)()
            for work, pipe in zip((self._tell, self._listen), line, strict=True):  # it need neither listen nor talk
                threading.Thread(target=work, args=[pipe], daemon=True).start()
            self._commands.put(pickle.dumps(LIMITS | {"folder": self._folder.name}))
            self._worker = psutil.Process(int(self._replies.get(timeout=START)))
            self.ask("run", "")  # a start on a busy machine is not the answer's own time
        except (Stopped, OSError, ValueError, queue.Empty, psutil.Error) as error:
            self.close()
            raise ChildProcessError("no process could be begun") from error

    def ask(self, *command: Any, seconds: float = START) -> dict[str, Any]:
        """The reply to a command. Raises Stopped."""
        token = secrets.token_hex(8)  # without it a line that an answer wrote itself could pass for a reply
        self._commands.put(pickle.dumps((token, *command)))
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            reply = json.loads(self._reply(seconds).replace(self._named, b"."))
            if reply["token"] == token:
                return reply
        raise Stopped("the process ended")

    def close(self) -> None:
        if self._worker:
            with contextlib.suppress(psutil.Error):  # it may have ended itself
                self._worker.kill()
                self._worker.wait(START)
        self._commands.put(b"")
        self._folder.cleanup()

    def _reply(self, seconds: float) -> bytes:
        """What comes, in time."""
        spent, line = 0.0, None
        while line is None and spent < seconds:
            begun = time.monotonic()
            with contextlib.suppress(queue.Empty):
                line = self._replies.get(timeout=QUICK)
            spent += self._charged(time.monotonic() - begun, line is not None)
        self.spent += min(spent, max(0.0, seconds))
        if line is None:
            raise Late(f"still running after {SECONDS:g} seconds")
        return line

    def _charged(self, waited: float, came: bool) -> float:
        """Of the seconds that were waited for it those that are its own: all, if it has slept; else those in which it
        has worked, and a tenth at least, so that nothing is waited for without end."""
        known, runs = self._worked, False
        with contextlib.suppress(psutil.Error), self._worker.oneshot():  # it may be gone
            times = self._worker.cpu_times()
            self._worked, runs = times.user + times.system, LINUX and self._worker.status() in RUNNABLE
        worked = self._worked - known
        slept = not (came or runs) and worked * HELD_UP < waited
        return waited if slept else max(worked, waited / HELD_UP)

    def _tell(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError), pipe:
            while command := self._commands.get():
                pipe.write(command)
                pipe.flush()

    def _listen(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError), pipe:
            while (line := pipe.readline(ENDLESS)).endswith(b"\n"):
                self._replies.put(line)
        self._replies.put(b"")


Line = tuple[IO[bytes], IO[bytes]]  # to a worker, and from it


def _started() -> Line:
    """A worker of its own."""
    process = _begun()
    return process.stdin, process.stdout


def _forked() -> Line:
    """A worker that is forked from the nursery."""
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(_nursery(os.getpid()))
        except OSError:  # somebody has ended it
            _nursery.cache_clear()
            line.connect(_nursery(os.getpid()))
        return line.makefile("wb"), line.makefile("rb")


@cache
def _nursery(judge: int) -> str:
    """Where a process listens from which workers are forked: one for each judge. They end with it, and it with him."""
    address = f"{tempfile.mkdtemp(prefix='nursery-')}/door"  # nobody else may open it
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        nursery = _begun(str(door.fileno()), pass_fds=[door.fileno()], stdout=subprocess.DEVNULL)
    atexit.register(nursery.stdin.close)
    return address


def _begun(*arguments: str, **how: Any) -> subprocess.Popen:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*WORKER, *arguments], env=_surroundings(), **pipes | how)
    process.returncode = 0  # nobody asks how it ended
    return process


def _surroundings() -> dict[str, str]:
    """The environment of answers, in which there is nothing of the judge's."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMPDIR", "LANG") if name in os.environ}
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}  # the other cores have work
    # The judge's own workbook, if there are several; sets in the same order at every run; one memory for all threads.
    return kept | threads | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "1"}
