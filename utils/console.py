"""Printing where not every character can be shown: into a file or a pipe, some systems write in an encoding of old."""

from __future__ import annotations

import sys


def never_stop_at_a_character() -> None:
    """From here on what the console's encoding lacks is printed as a question mark. A table keeps its columns."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
