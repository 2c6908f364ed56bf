"""A folder of returned notebooks as it comes: loose files, a folder a student, archives.

Pictures are taken out before anything is read, for they are nearly all of a notebook: of its 100 to 900 KB a chapter
keeps less than 130.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path, PurePath
from typing import IO
from zipfile import ZipFile

from utils.grade.submission import Unreadable

LARGEST = 64 << 20  # bytes of a file: a score of photographs
ARCHIVE = 1 << 30  # bytes of the notebooks in an archive
PLAIN = 8 << 20  # bytes without the pictures; to read so many may take thirty times as much memory
PICTURE = re.compile(rb'(?<!\\)"[\w+/=]{4096,}+(?:\\n)?"')  # in base64, as no text is


def returned(folder: Path) -> Iterator[tuple[str, str | Unreadable]]:
    """Whose each notebook is, and its text or why it cannot be read. Whose: its path below the folder."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if not path.is_file() or _hidden(inside):
            continue
        if path.suffix.lower() == ".zip":
            yield from _archived(path, _name(inside))
        elif _is_notebook(inside):
            yield _name(inside), _text(partial(path.open, "rb"), path.stat().st_size)


def without_notebook(folder: Path, students: Iterable[str]) -> list[str]:
    """Which files and folders that lie in the folder hold no notebook."""
    found = {student.partition("/")[0] for student in students}
    names = (_name(path.relative_to(folder)) for path in sorted(folder.iterdir()) if path.name[0] != ".")
    return [name for name in names if name not in found]


def without_pictures(notebook: bytes) -> bytes:
    return PICTURE.sub(b'""', notebook)


def _archived(archived: Path, name: str) -> Iterator[tuple[str, str | Unreadable]]:
    try:
        with ZipFile(archived) as archive:
            inside = {PurePath(member.filename): member for member in archive.infolist()}
            found = {path: inside[path] for path in inside if _is_notebook(path) and not _hidden(path)}
            if (size := sum(member.file_size for member in found.values())) > ARCHIVE:
                raise Unreadable(f"the archive holds {size >> 20} MB, and no more than {ARCHIVE >> 20} are read")
            for path, member in found.items():
                yield f"{name}/{_name(path)}", _text(partial(archive.open, member), member.file_size)
    except Unreadable as why:
        yield name, why
    except Exception:  # whatever it is, it must not cost the others theirs
        yield name, Unreadable("the archive cannot be read")


def _text(file: Callable[[], IO[bytes]], size: int) -> str | Unreadable:
    if size > LARGEST:
        return Unreadable(f"the file has {size >> 20} MB, and no more than {LARGEST >> 20} are read")
    try:
        with file() as opened:
            data = without_pictures(opened.read())
    except Exception:  # a broken disk, a password, a method of packing that nobody knows
        return Unreadable("the file cannot be read")
    if len(data) > PLAIN:
        return Unreadable(
            f"the file has {len(data) >> 20} MB besides its pictures, and no more than {PLAIN >> 20} are read: clear "
            "the outputs that are long"
        )
    return data.decode(json.detect_encoding(data), "replace")


def _is_notebook(path: PurePath) -> bool:
    return ".ipynb" in map(str.lower, path.suffixes)  # a browser may save it as .ipynb.txt or .ipynb.json


def _hidden(path: PurePath) -> bool:
    return any(part[0] == "." for part in path.parts)


def _name(path: PurePath) -> str:
    """A name need not be text."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace").removesuffix(".ipynb")
