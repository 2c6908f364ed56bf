"""A folder of returned notebooks as it comes: loose files, a folder a student, archives in archives."""

import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePath, PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO
from zipfile import ZipFile, is_zipfile

from utils.teach.grade.submission import Notebook, Unreadable, read

LARGEST = 64 << 20  # bytes of a file: a score of photographs
ARCHIVE, PACKED = 1 << 30, 20  # bytes that are read of an archive, or its own times what no notebook is packed by
DEEPEST = 4  # archives in archives
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")

Handed = tuple[str, Notebook | None]
Opener = Callable[[], IO[bytes]]


def returned(place: Path) -> Iterator[Handed]:
    """Each file that was handed in, by its path, and its cells, or why a notebook or an archive cannot be read, or
    None where it is neither. place: a folder, or an archive. A folder in it that is empty is told, too."""
    if (place / "nbgrader_config.py").exists():  # a course of nbgrader, in which much else lies
        place = place / "submitted"
    for path in [place] if place.is_file() else sorted(place.rglob("*")):
        inside = path.relative_to(place if place.is_dir() else place.parent)
        if path.is_file():
            yield from _read(inside, partial(path.open, "rb"), path.stat().st_size)
        elif path.is_dir() and not _hidden(inside) and not any(path.iterdir()):
            yield _name(inside), None


def _read(path: PurePath, opened: Opener, size: int, depth: int = 0) -> Iterator[Handed]:
    if _hidden(path):
        return
    if path.name.lower().endswith(ARCHIVES):
        yield from _unpacked(path, opened, size, depth)
    elif ".ipynb" in map(str.lower, path.suffixes):  # a browser may save it as .ipynb.txt or .ipynb.json
        yield _name(path), _notebook(opened, size)
    else:
        yield _name(path), None


def _unpacked(path: PurePath, opened: Opener, size: int, depth: int) -> Iterator[Handed]:
    left = max(ARCHIVE, PACKED * size)
    try:
        if depth == DEEPEST:
            raise Unreadable(f"the archive lies in {DEEPEST} others, and no more are opened")
        with opened() as packed, SpooledTemporaryFile(LARGEST) as copy:
            shutil.copyfileobj(packed, copy)  # to jump about in an archive in another would unpack it again and again
            for name, member, its_size in _members(copy):
                if (left := left - its_size) < 0:
                    raise Unreadable("the archive holds far more than notebooks do, and is not read to its end")
                yield from _read(path.joinpath(*PurePosixPath(f"/{name}").parts[1:]), member, its_size, depth + 1)
    except Unreadable as why:
        yield _name(path), why
    except Exception:  # whatever it is, it must not cost the others theirs
        yield _name(path), Unreadable("the archive cannot be read")


def _members(packed: IO[bytes]) -> Iterator[tuple[str, Opener, int]]:
    """Name, opener and size of each file of an archive."""
    if is_zipfile(packed):
        with _zip(packed) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    yield member.filename.replace("\\", "/"), partial(archive.open, member), member.file_size
    else:
        packed.seek(0)
        with tarfile.open(fileobj=packed) as archive:
            for member in archive:
                if member.isfile():
                    yield member.name, partial(archive.extractfile, member), member.size


def _zip(packed: IO[bytes]) -> ZipFile:
    """Some programs write names in UTF-8 and do not say so, and ZipFile takes them for the letters of DOS."""
    try:
        return ZipFile(packed, metadata_encoding="utf-8")
    except UnicodeDecodeError:
        return ZipFile(packed)


def _notebook(opened: Opener, size: int) -> Notebook:
    if size > LARGEST:
        return Unreadable(f"the file has {size >> 20} MB, and no more than {LARGEST >> 20} are read")
    try:
        with opened() as file:
            data = file.read()
    except Exception:  # a broken disk, a password, a method of packing that nobody knows
        return Unreadable("the file cannot be read")
    return read(data.decode(json.detect_encoding(data), "replace"))


def _hidden(path: PurePath) -> bool:
    return any(part[0] == "." for part in path.parts)


def _name(path: PurePath) -> str:
    """A name need not be text."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace").removesuffix(".ipynb")
