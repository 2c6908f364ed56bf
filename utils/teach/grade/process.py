"""A process that runs answers, as its judge sees it: begun, asked, and ended whatever it does.

On Linux all of them are forked from one that has NumPy and the workbook loaded, which takes a hundredth of the time.
Elsewhere, where a process that has loaded so much is not safe to fork, each is begun anew.
"""

from __future__ import annotations

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
LIMITS = {"memory": 2 << 30, "seconds": 300}
START = 60.0  # seconds for a process to begin, on a machine with much else to do
QUICK = 0.2  # seconds within which most replies come
ENOUGH = 0.9  # of its seconds, once these have passed: there is always something else to do
HELD_UP = 10  # times as long as it works a process may take, where others hold it up
IDLE = 0.02  # of the time that passes: a process that works less is not held up, it waits
ENDLESS = 32 << 20  # characters of a reply: no honest one comes near
WORKER = [sys.executable, "-P", "-m", "utils.teach.grade.worker"]
FORKS = sys.platform == "linux"


class Stopped(Exception):
    """An answer did not come, or not in time."""


class Ended(Stopped):
    """The process is gone, or talks nonsense."""


class Process:
    """A process that runs answers, one command after the other, in a folder of its own.

    spent: the seconds that it has worked, or kept the judge waiting. Limits are measured in these, so that marks are
    the same on a machine that has much else to do.
    """

    def __init__(self) -> None:
        self.spent = 0.0
        self._folder = tempfile.TemporaryDirectory(prefix="answer-", ignore_cleanup_errors=True)
        self._begun = (_Forked if FORKS else _Started)(self._folder.name)
        self._usage = psutil.Process(self._begun.pid)
        self._commands: queue.Queue[bytes] = queue.Queue()
        self._replies: queue.Queue[bytes] = queue.Queue()
        for work in (self._tell, self._listen):  # by themselves, for a process need neither listen nor talk
            threading.Thread(target=work, daemon=True).start()
        self._commands.put(pickle.dumps(LIMITS))
        self.ask("run", "")  # a start on a busy machine is not the answer's own time

    def ask(self, *command: Any, seconds: float = START) -> dict[str, Any]:
        """The reply to a command. Raises Stopped."""
        token = secrets.token_hex(8)  # without it a line that an answer wrote itself could pass for a reply
        self._commands.put(pickle.dumps((token, *command)))
        try:
            reply = json.loads(self._reply(max(0.0, seconds)))
            genuine = reply["token"] == token
            self.spent += min(max(0.0, float(reply["took"])), QUICK)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise Ended("the process ended") from None
        if not genuine:
            raise Ended("the process talked nonsense")
        return reply

    def close(self) -> None:
        self._begun.end()
        self._commands.put(b"")
        self._folder.cleanup()

    def _reply(self, seconds: float) -> bytes:
        """What comes, in time. A reply that comes quickly says itself what it took: to look it up takes longer."""
        with contextlib.suppress(queue.Empty):
            return self._replies.get(timeout=min(seconds, QUICK))
        spent, last, wait = QUICK, self._worked(), seconds - QUICK
        while spent < ENOUGH * seconds:
            begun, line = time.monotonic(), None
            with contextlib.suppress(queue.Empty):
                line = self._replies.get(timeout=wait)
            waited, now = time.monotonic() - begun, self._worked()
            spent += waited if now - last <= IDLE * waited else max(now - last, waited / HELD_UP)
            if line is not None:
                self.spent += min(spent, seconds)
                return line
            last, wait = now, 1.0
        self.spent += seconds
        raise Stopped(f"still running after {SECONDS:g} seconds")

    def _worked(self) -> float:
        """Seconds of processor time."""
        try:
            times = self._usage.cpu_times()
        except psutil.Error:  # it is gone
            return 0.0
        return times.user + times.system

    def _tell(self) -> None:
        with contextlib.suppress(OSError), self._begun.commands as commands:
            while command := self._commands.get():
                commands.write(command)
                commands.flush()

    def _listen(self) -> None:
        with self._begun.replies as replies:
            while (line := replies.readline(ENDLESS)).endswith(b"\n"):
                self._replies.put(line)
        self._replies.put(b"")


class _Started:
    """A worker of its own."""

    def __init__(self, folder: str) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self._process = subprocess.Popen(WORKER, cwd=folder, env=_surroundings(), **pipes)
        self.pid = self._process.pid
        self.commands: IO[bytes] = self._process.stdin
        self.replies: IO[bytes] = self._process.stdout

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


class _Forked:
    """A worker that was forked from the nursery."""

    def __init__(self, folder: str) -> None:
        (listens, commands), (replies, talks) = os.pipe(), os.pipe()
        self.commands: IO[bytes] = os.fdopen(commands, "wb")
        self.replies: IO[bytes] = os.fdopen(replies, "rb")
        with os.fdopen(listens), os.fdopen(talks):
            try:
                self._nursery = _nursery(os.getpid())
                self.pid = self._nursery.fork(folder, listens, talks)
            except Ended:  # somebody has ended the nursery
                self._nursery = _nursery(os.getpid())
                self.pid = self._nursery.fork(folder, listens, talks)

    def end(self) -> None:
        self._nursery.end(self.pid)


class _Nursery:
    """The process that workers are forked from. It ends them, and itself, when its judge is gone."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [*WORKER, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=_surroundings(),
            )
        self._line.settimeout(START)
        self._turn = threading.Lock()
        atexit.register(self._close)

    def fork(self, folder: str, *files: int) -> int:
        """Begin a worker on these files; gives the number of its process. Raises Ended."""
        return self._ask(lambda: socket.send_fds(self._line, [os.fsencode(folder)], files))

    def end(self, pid: int) -> None:
        """Until then the number is no other process's."""
        with contextlib.suppress(Ended):
            self._ask(lambda: self._line.send(str(pid).encode()))

    def _ask(self, send: Any) -> int:
        with self._turn:
            try:
                send()
                return int(self._line.recv(32))
            except (OSError, ValueError):  # what comes later would be no reply to what is asked next
                _nursery.cache_clear()
                self._close()
                raise Ended("the process ended") from None

    def _close(self) -> None:
        self._line.close()
        try:
            self._process.wait(START)  # it ends its workers first
        except subprocess.TimeoutExpired:
            self._process.kill()


@cache
def _nursery(judge: int) -> _Nursery:
    """One for each judge: a judge that was forked itself shares no line with the one it came from."""
    return _Nursery()


def _surroundings() -> dict[str, str]:
    """The environment of answers, in which there is nothing of the judge's."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMPDIR", "LANG") if name in os.environ}
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}  # the other cores have work
    return kept | threads | {"PYTHONPATH": str(ROOT)}  # the judge's own workbook, if there are several
