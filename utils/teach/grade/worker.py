"""The process in which answers run: it is given statements and calls, and says what happened, nothing else.

It runs what strangers wrote, so it takes away from itself what an answer has no need of: memory and processor time
beyond a limit, writing files, other processes, the network. That stops accidents and mischief; it is no prison for an
expert, whose notebook is to be marked on a machine that has nothing to lose.
"""

import _thread
import ast
import base64
import ctypes
import gc
import inspect
import json
import linecache
import os
import pickle
import random
import signal
import socket
import sys
import tempfile
import threading
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from types import SimpleNamespace
from typing import IO, Any

import numpy as np
from numpy.random import bit_generator

from utils.exercises import BANK
from utils.judge import judging
from utils.judge.code.calls import COPIED_LIMIT, borrowed, call, is_numeric, is_stub

MEMORY, PROCESSOR = 640 << 20, 300  # bytes, filled before the seconds are up; a chapter needs a fifth
LONGEST = 200  # entries of a list that is sent as it is; nothing right is a list in a list of more
LITERAL = 10_000  # characters of a value that is told as a literal; a table filled in has some hundred
FORBIDDEN = (  # events, by how they begin
    *("os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "os.kill", "pty.spawn"),
    *("signal.pthread_kill", "subprocess.Popen", "ctypes.", "socket.", "sqlite3.", "winreg.", "_winapi.", "resource."),
    *("os.chmod", "os.chown", "os.chflags", "os.setxattr", "os.removexattr", "os.utime", "os.lockf", "os.remove"),
    *("os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink", "shutil.", "cpython.remote"),
    "gc.get_",  # the way to the watchman himself
)
UNWATCHED = ("mkfifo", "mknod", "pidfd_open", "pidfd_send_signal", "setpriority", "sched_setaffinity")  # no event tells
UNIMPORTED = ("_posixsubprocess", "_posixshmem")
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # of Linux, as the next
PR_SET_PDEATHSIG = 1  # a process ends with the one that it was forked from

_begun: list[str] = []  # threads of this call


def main() -> None:
    """One worker on stdin and stdout; on Linux the nursery that workers are forked from, whose stdin is a socket."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which is ignored where marking runs in the background
    if sys.platform == "linux":
        ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET)  # where it is allowed, a network without a way out
        nurse(socket.socket(fileno=0))
    else:
        serve(os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", 0))


def nurse(line: socket.socket) -> None:
    """Fork a worker for each end of a line that the judge sends, until there is no judge."""
    gc.freeze()  # what is shared stays shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the judge ends them, and nobody asks how they ended
    while ends := socket.recv_fds(line, 1, 1)[1]:
        if not os.fork():
            try:
                ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                serve(os.fdopen(ends[0], "rb"), os.fdopen(os.dup(ends[0]), "wb", 0))
            finally:
                os._exit(0)
        os.close(ends[0])


def serve(commands: IO[bytes], replies: IO[bytes]) -> None:
    """Commands come in pickled, from the judge; answers go out as lines of JSON, which cannot do harm. The first line
    is the number of the process."""
    replies.write(b"%d\n" % os.getpid())
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    confine()
    settle_chance()
    notebook = Notebook()
    while True:
        try:
            token, verb, *arguments = pickle.load(commands)
        except EOFError:
            return
        reply = replied(getattr(notebook, verb), *arguments) | {"token": token}
        replies.write(json.dumps(reply).encode() + b"\n")


def replied(do: Callable[..., dict[str, Any] | None], *arguments: Any) -> dict[str, Any]:
    """What a command tells; its error where it has stopped, else None."""
    try:
        return {"error": None} | (do(*arguments) or {})
    except BaseException as error:  # SystemExit and KeyboardInterrupt are the answer's, too
        try:
            return {"error": f"{type(error).__name__}: {error}".removesuffix(": ")[:300]}
        except Exception:
            return {"error": type(error).__name__}


def settle_chance() -> None:
    """An answer that draws numbers draws the same at every run, and no thread says at another time why it stopped."""
    threading.excepthook = lambda _: None
    random.seed(0)
    np.random.seed(0)
    bit_generator.randbits = random.Random(0).getrandbits  # which generators without a seed begin with


class Notebook:
    """The names of a notebook. What is public in it is what the judge can ask."""

    def __init__(self) -> None:
        self._scope: dict[str, Any] = {"__name__": "__main__"}

    def run(self, source: str) -> None:
        """Execute a statement."""
        tree, file = ast.parse(source), f"<answer {zlib.crc32(source.encode()):08x}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # for whoever reads it
        _begun.clear()
        exec(compile(tree, file, "exec"), self._scope)

    def value(self, source: str) -> dict[str, Any]:
        """Evaluate an expression; its value is told as a literal."""
        return {"value": repr(ast.literal_eval(repr(eval(source, self._scope))[:LITERAL]))}

    def define(self, name: str, source: str) -> dict[str, Any]:
        """Define a function, and tell of it what a judge asks before calling it."""
        self.run(source)
        function = self._scope[name]
        parameters = inspect.signature(function).parameters.values()
        return {
            "parameters": [(p.name, int(p.kind), p.default is not p.empty) for p in parameters],
            "stub": is_stub(function),
            "borrowed": borrowed(function),
        }

    def stand_in(self, name: str, exercise: str) -> None:
        """Bind a name to the reference, as a notebook does below an answer that is not right."""
        self._scope[name] = BANK[exercise].reference

    def invoke(self, name: str, case: Any, results: int, loud: bool) -> dict[str, Any]:
        """Call a function that was defined."""
        _begun.clear()
        outcome, printed = call(self._scope[name], case, results, loud)
        error = type(outcome.error).__name__ if outcome.error else None
        told = vars(outcome) | {"value": encoded(outcome.value), "left": [*map(encoded, outcome.left)], "error": error}
        return {"outcome": [*told.values()], "printed": printed, "threads": threading.active_count() - 1}

    def read(self, name: str, exercise: str, cases: list[Any]) -> dict[str, Any]:
        """Read a function that was defined from inside: the place by its fields, and why it stops. Beside threads of
        its own it would go another way at every run."""
        if threading.active_count() > 1:
            return {"seen": judging.Seen()}
        with np.errstate(all="ignore"):
            seen = judging.read(self._scope[name], BANK[exercise], cases)
        return {"seen": seen._replace(place=seen.place and astuple(seen.place))}


def encoded(result: Any, depth: int = 0) -> Any:
    """A result as JSON: arrays of numbers exactly, what is too large by its shape, and a list of these as such; all
    else by the name of its type."""
    if is_numeric(result):
        array = np.asarray(result)
        data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode() if array.size <= COPIED_LIMIT else None
        return {"dtype": array.dtype.str, "shape": array.shape, "data": data}
    if isinstance(result, list | tuple) and len(result) <= LONGEST and depth < 3:
        parts = [encoded(part, depth + 1) for part in result]
        if all(part.get("other", "None") == "None" for part in parts):
            return {type(result).__mro__[-2].__name__: parts}
    return {"other": "None" if result is None else type(result).__name__}


def confine() -> None:
    """Give up what answers do not need."""
    os.chdir(os.sep)  # the same at every run, for messages tell it
    sys.dont_write_bytecode = True
    # matplotlib wants a folder that somebody can write to.
    os.environ |= {"MPLBACKEND": "module://utils.teach.grade.nowhere", "MPLCONFIGDIR": tempfile.gettempdir()}
    with suppress(ModuleNotFoundError):  # Windows has no such limits
        import resource

        for kind, limit in (("AS", MEMORY), ("CPU", PROCESSOR), ("FSIZE", 0), ("CORE", 0)):
            resource.setrlimit(getattr(resource, f"RLIMIT_{kind}"), (limit, limit))
    for module in ("os", "posix", "signal", "_signal"):
        for name in UNWATCHED:
            vars(sys.modules.get(module, SimpleNamespace())).pop(name, None)
    for module in UNIMPORTED:
        sys.modules[module] = SimpleNamespace(fork_exec=None)  # which `import subprocess` asks for
    # All that the watchman goes by is his own: an answer can change what the names of a module mean.
    forbidden, unimported, begun, running = FORBIDDEN, UNIMPORTED, _begun, _thread._count
    writing, reads = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, frozenset("wax+").isdisjoint
    # Threads of one call. More would fill the memory, or take all the time, at another place in every run.
    at_once, in_all = 8, 100

    def guard(event: str, arguments: tuple) -> None:
        if event == "open":
            path, mode, flags = arguments
            if (flags or 0) & writing or not reads(mode or ""):
                raise PermissionError("an answer may not write files")
            if f"{path}".rstrip("'").endswith(".ipynb"):  # masters, and what others handed in; bytes are in quotes
                raise PermissionError("an answer may not read notebooks")
        elif event.startswith(forbidden) or (event == "import" and arguments[0].endswith(unimported)):
            raise PermissionError(f"an answer may not use {event}")
        elif event.startswith("_thread.start_"):
            if running() >= at_once or len(begun) >= in_all:
                raise RuntimeError(f"can't start new thread: there may be {at_once} at once, and {in_all} in all")
            begun.append(event)

    sys.addaudithook(guard)


if __name__ == "__main__":
    main()
