"""The process that runs answers, as its judge sees it: begun, asked, and ended whatever it does.

On Linux it is forked from one that has NumPy and the workbook loaded, which takes a hundredth of the time. Elsewhere,
where a process that has loaded so much is not safe to fork, each is begun anew.
"""

import contextlib
import json
import os
import pickle
import queue
import secrets
import socket
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import IO, Any

import psutil

from utils.judge.code.calls import SECONDS

ROOT = Path(__file__).resolve().parents[3]
WHOLE = 120.0  # seconds for a notebook; an honest one needs one
START = 60.0  # seconds for a process to begin, on a machine with much else to do
QUICK = 0.2  # seconds within which most replies come, and after which it is looked what became of the others
HELD_UP = 10  # times as long as it works a process may take, where others hold it up
RUNNABLE = (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)
ENDLESS = 32 << 20  # characters of a reply: no honest one comes near
WORKER = [sys.executable, "-P", "-m", "utils.teach.grade.worker"]
LINUX = sys.platform == "linux"

Pipes = tuple[IO[bytes], IO[bytes]]  # to a process, and from it


class Stopped(Exception):
    """The process has ended, or talks nonsense."""


class Late(Stopped, TimeoutError):
    """A reply did not come in time."""


class Desk:
    """Where a notebook's answers run: a process, which is begun anew where one of them has ended it or never ends.

    left: the seconds that the notebook may still take. Those are counted in which its processes work or sleep, and not
    those in which others hold them up, so that marks are the same on a machine that has much else to do. stands_in: the
    exercises whose reference stands in for an answer, by the name of that.
    """

    def __init__(self) -> None:
        self.left = WHOLE
        self.stands_in: dict[str, str] = {}
        self._kept: list[tuple] = []
        self._worker: psutil.Process | None = None

    def ask(self, *command: Any, seconds: float | None = None) -> dict[str, Any]:
        """The reply to a command. Raises Stopped, or ChildProcessError if no process can be begun."""
        try:
            if self._worker is None:
                self._begin()
                for kept in self._kept:
                    self.ask(*kept, seconds=START)
            if self.left <= 0:
                raise Late("the time of this notebook was up")
            return self._told(command, min(SECONDS if seconds is None else seconds, self.left))
        except BaseException:  # what comes late must not pass for the next reply
            self.close()
            raise

    def keep(self, *command: Any, seconds: float | None = None) -> str:
        """A command whose effect lasts: it is repeated in every new process, unless it is what ended the first.
        Returns what it stopped with, if it did."""
        try:
            told = self.ask(*command, seconds=seconds)
        except Stopped as stopped:
            return str(stopped)
        self._kept.append(command)
        return str(told.get("error") or "")

    def close(self) -> None:
        worker, self._worker = self._worker, None  # forgotten first, for to end it may be interrupted
        if worker:
            with contextlib.suppress(psutil.Error):  # it may have ended itself
                worker.kill()
                worker.wait(START)

    def _begin(self) -> None:
        self._worked = 0.0  # seconds of processor time that are known of
        try:
            self._pipes = _forked() if LINUX else _begun()
            self._worker = psutil.Process(int(self._sent(b"").get(timeout=START)))
            self._told(("run", ""), START)  # a start on a busy machine is not the answer's own time
        except (Stopped, OSError, ValueError, queue.Empty, psutil.Error) as error:
            raise ChildProcessError("no process could be begun") from error

    def _told(self, command: tuple, seconds: float) -> dict[str, Any]:
        token = secrets.token_hex(8)  # without it a line that an answer wrote itself could pass for a reply
        replies = self._sent(pickle.dumps((token, *command)))
        with contextlib.suppress(ValueError, TypeError, KeyError, RecursionError):
            reply = json.loads(self._reply(replies, seconds))
            if reply["token"] == token:
                return reply
        raise Stopped("the process ended")

    def _sent(self, command: bytes) -> queue.SimpleQueue[bytes]:
        """Send a command. Gives where the line that comes next will lie, b"" where none can come. A process need not
        listen, nor talk, so another thread waits for it."""
        (commands, replies), lines = self._pipes, queue.SimpleQueue()

        def talk() -> None:
            line = b""
            with contextlib.suppress(OSError):
                commands.write(command)
                commands.flush()
                line = replies.readline(ENDLESS)
            lines.put(line)

        threading.Thread(target=talk, daemon=True).start()
        return lines

    def _reply(self, replies: queue.SimpleQueue[bytes], seconds: float) -> bytes:
        """What comes, in time."""
        spent, line = 0.0, None
        while line is None and spent < seconds:
            begun = time.monotonic()
            with contextlib.suppress(queue.Empty):
                line = replies.get(timeout=QUICK)
            spent += self._charged(time.monotonic() - begun, line is not None)
        self.left -= min(spent, seconds)
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


def _forked() -> Pipes:
    """Pipes to and from a worker that is forked from the nursery."""
    mine, theirs = socket.socketpair()
    with mine, theirs:
        try:
            socket.send_fds(_nursery(os.getpid()), [b"1"], [theirs.fileno()])
        except OSError:  # somebody has ended it
            _nursery.cache_clear()
            socket.send_fds(_nursery(os.getpid()), [b"1"], [theirs.fileno()])
        return mine.makefile("wb"), mine.makefile("rb")


@cache
def _nursery(judge: int) -> socket.socket:
    """A line to a process that forks a worker for each end of a pair of sockets that it is sent: one for each judge.
    The workers end with it, and it with the judge, whose end of the line is closed then."""
    line, end = socket.socketpair()
    with end:
        _begun(stdin=end, stdout=subprocess.DEVNULL)
    return line


def _begun(**how: Any) -> Pipes:
    """Pipes to and from a process in whose environment there is nothing of the judge's."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMPDIR", "LANG") if name in os.environ}
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}  # the other cores have work
    # The judge's own workbook, if there are several; sets in the same order at every run; one memory for all threads.
    own = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(WORKER, env=kept | threads | own, **pipes | how)
    process.returncode = 0  # nobody asks how it ended
    return process.stdin, process.stdout
