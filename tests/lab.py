"""JupyterLab and a browser to look at it with, for the tests and the benchmarks that need the real thing."""

import contextlib
import os
import shutil
import subprocess
import sys
import time

import pytest
from jupyter_server.serverapp import list_running_servers

BROWSER_ARGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
JUPYTERLAB = "jupyterlab --allow-root --no-browser --IdentityProvider.token= --ServerApp.password="
JUPYTERLAB += " --ServerApp.disable_check_xsrf=True --LabApp.collaborative=False"
JUPYTERLAB += " --ServerApp.port=0"  # any that is free: the server tells which


def find_browser():
    """The path of a Chromium or Chrome, or None. The environment variable WORKBOOK_BROWSER names one to prefer."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
    return os.environ.get("WORKBOOK_BROWSER") or next(filter(None, map(shutil.which, names)), None)


def stop_or_skip(reason):
    """Skip a test for want of another program; or fail it, where nothing may be skipped."""
    (pytest.fail if os.environ.get("WORKBOOK_SKIP_NOTHING") else pytest.skip)(reason)


@contextlib.contextmanager
def jupyterlab(home):
    """JupyterLab on the directory `home`, a pathlib.Path, with settings and progress of its own. Yields its address.

    Raises RuntimeError with the server's log if it does not answer within a minute.
    """
    notes = home / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    notes.parent.mkdir(parents=True)
    notes.write_text('{"fetchNews": "false", "checkForUpdates": false}', encoding="utf-8")
    own = {
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "WORKBOOK_PROGRESS": home / "progress.jsonl",
    }
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *JUPYTERLAB.split()],
            cwd=home,
            env=os.environ | {name: str(value) for name, value in own.items()},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 60
        while not (running := next(list_running_servers(home / "runtime"), None)):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"JupyterLab does not answer:\n{(home / 'log').read_text()}")
            time.sleep(0.1)
        yield running["url"].rstrip("/")
    finally:
        server.terminate()
        server.wait(30)
