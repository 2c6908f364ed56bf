"""Where displays go: into the notebook, or, in a plain script, onto the terminal as text."""

import html
import os
import re
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from IPython import get_ipython
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display as _display

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
STILL = "workbook-still"  # the class of what stands for a widget: a style hides it beside a living one
PROGRAM = re.compile(r".+_\d+_\d+")  # what jupyter_client calls its messages; a browser gives them a UUID


def display(bundle: dict[str, Any], **options: Any) -> Any:
    """Show a bundle of MIME types. With `display_id=True` the handle that comes back can change it later."""
    if InteractiveShell.initialized():
        return _display(seen(bundle), **options)
    never_stop_at_a_character()
    print(bundle["text/plain"])
    return SimpleNamespace(update=lambda bundle, **about: None)  # what was printed stays as it is


def show(widget: Any, still: dict[str, Any], metadata: dict[str, Any] | None = None) -> Callable[..., None]:
    """Show a widget, and a bundle that stands for it where no widget can live. Returns how to replace the bundle.

    A notebook that is opened again has no kernel, so its widgets are dead. Of a bundle that holds both, Jupyter picks
    the widget and shows an error in its place. So there the two are outputs of their own.
    """
    if not outputs_apart():
        display(view(widget) | still, metadata=metadata, raw=True)
        return lambda still, **about: None
    handle = display(_marked(still), metadata=metadata, raw=True, display_id=True)
    display(view(widget) | {"text/plain": ""}, raw=True)
    return lambda still, **about: handle.update(_marked(still), raw=True, **about)


def view(widget: Any) -> dict[str, Any]:
    """A widget as a bundle."""
    return {WIDGET_VIEW: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}


def _marked(still: dict[str, Any]) -> dict[str, Any]:
    """With the mark by which it is hidden beside a living widget. Pictures need none."""
    if "image/png" in still:
        return still
    shown = still.get("text/html") or f"<pre>{html.escape(still['text/plain'])}</pre>"
    return still | {"text/html": f'<div class="{STILL}">{shown}</div>'}


def outputs_apart() -> bool:
    """Whether this page hides a picture whose living figure stands below it: Jupyter's own pages do."""
    return "JPY_SESSION_NAME" in os.environ or sys.platform == "emscripten"


def seen(bundle: dict[str, Any]) -> dict[str, Any]:
    """A bundle without its widget where a program runs the notebook, as nbconvert and nbgrader do: in the page that
    they make a widget shows nothing without a network, and hides the picture or the text that stands in for it."""
    kernel = getattr(get_ipython(), "kernel", None)
    asked = kernel.get_parent().get("header", {}) if hasattr(kernel, "get_parent") else {}
    browser = "JPY_SESSION_NAME" in os.environ or os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
    if browser or not PROGRAM.fullmatch(str(asked.get("msg_id", ""))):
        return bundle
    return {kind: data for kind, data in bundle.items() if kind != WIDGET_VIEW}


def never_stop_at_a_character() -> None:
    """From here on what the console's encoding lacks is printed as a question mark. A table keeps its columns."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
