"""Where displays go: into the notebook, or, in a plain script, onto the terminal as text."""

from __future__ import annotations

from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display as _display


class _Terminal:
    """What was printed stays as it is."""

    def update(self, bundle: dict[str, Any], raw: bool = False) -> None: ...


def display(bundle: dict[str, Any], **options: Any) -> Any:
    """Show a bundle of MIME types. With `display_id=True` the handle that comes back can change it later."""
    if InteractiveShell.initialized():
        return _display(bundle, **options)
    print(bundle["text/plain"])
    return _Terminal()
