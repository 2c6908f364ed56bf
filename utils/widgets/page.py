"""Where displays go: into the notebook, or, in a plain script, onto the terminal as text."""

from __future__ import annotations

import os
import re
from typing import Any

from IPython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display as _display

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
PROGRAM = re.compile(r".+_\d+_\d+")  # what jupyter_client calls its messages; a browser gives them a UUID


class _Terminal:
    """What was printed stays as it is."""

    def update(self, bundle: dict[str, Any], raw: bool = False) -> None: ...


def display(bundle: dict[str, Any], **options: Any) -> Any:
    """Show a bundle of MIME types. With `display_id=True` the handle that comes back can change it later."""
    if InteractiveShell.initialized():
        return _display(seen(bundle), **options)
    print(bundle["text/plain"])
    return _Terminal()


def seen(bundle: dict[str, Any]) -> dict[str, Any]:
    """A bundle without its widget where a program runs the notebook, as nbconvert and nbgrader do: in the page that
    they make a widget shows nothing without a network, and hides the picture or the text that stands in for it."""
    kernel = getattr(get_ipython(), "kernel", None)
    asked = kernel.get_parent().get("header", {}) if hasattr(kernel, "get_parent") else {}
    browser = "JPY_SESSION_NAME" in os.environ or os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
    if browser or not PROGRAM.fullmatch(str(asked.get("msg_id", ""))):
        return bundle
    return {kind: data for kind, data in bundle.items() if kind != WIDGET_VIEW}
