"""Who handed in what: by the names that learning platforms give to downloads, by the class list that they export, and,
where there is neither, by what is left of a path without the names of chapters and copies.

Two students are never taken for one where that can be helped: where it is in doubt, there are two rows.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from utils.exercises import CHAPTERS
from utils.teach.grade.own import NOTEBOOKS

EXCEL = "utf-8-sig"  # with the mark at the head by which Excel knows it
STEMS = {path.stem for path in NOTEBOOKS.glob("*.ipynb")}
DOWNLOADS = (  # how platforms name what a student handed in; whether the number is the person's in every download
    (re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)"), False),  # Moodle
    (re.compile(r"(?P<name>[^_]*[^\W\d_][^_]*)_(?:LATE_)?(?P<id>\d+)_\d{3,}_"), True),  # Canvas
    (re.compile(r"(?P<id>\d+)-\d+ - (?P<name>.+?) ?- .*\d{4}"), True),  # Brightspace
    (re.compile(r".+_(?P<name>[^_]+)_attempt_\d{4}(?:-\d\d){5}"), True),  # Blackboard
)
SUFFIX = re.compile(r"\.(?:ipynb|zip|tar|tgz)\b.*|\.[a-z0-9]{1,5}$", re.I)
_short = "|".join(re.escape(chapter).replace("_", "[_-]") for chapter in CHAPTERS if "_" in chapter)
_long = "|".join(re.escape(stem) for stem in STEMS)
CHAPTER = rf"(?<![^\W_])(?:{_long or '(?!)'}|{_short})(?![^\W_])(?:\s*-\d+)?"
COPY = (  # what systems, browsers and people add to a name
    r"(?<![^\W_])(?:copy(?: of)?\d*|kopie(?: von)?|cop(?:ie|ia)(?: de)?|late|final|draft|v(?:ersion)?[ _]?\d+)"
    r"(?![^\W_])|\(\d+\)"
)
ADDED = re.compile(rf"(?i)[\s_.-]*(?:{COPY})[\s_.-]*")
NOISE = re.compile(rf"(?i)[\s_.-]*(?:{CHAPTER}|{COPY})[\s_.-]*")
WORK = re.compile(  # a word that is no name of a person
    r"(?:(?:home|course)?work|hw|assignment|exercise|sheet|submission|submitted|returned|solution|answer|task|notebook|"
    rf"workbook|week|untitled|attempt|{'|'.join(word for stem in STEMS for word in stem.split('_'))})s?\d*|\d{{1,3}}"
)
FEW = 3  # copies of a file with numbers of their own
NUMBERED = re.compile(r"(.*[^\W\d_].*?)[ _-]+(\d+)")


@dataclass(frozen=True)
class Owner:
    """What a path says of whoever handed it in. download: the part of the path that holds this student's folder, and
    others'."""

    name: str
    id: str
    personal: bool
    download: str


def owner(path: str) -> Owner | None:
    """Whose a file is by the name that a platform gave to it."""
    parts = path.split("/")
    for i, part in enumerate(parts):
        for pattern, personal in DOWNLOADS:
            if found := pattern.match(part):
                fields = found.groupdict()
                return Owner(fields["name"].strip(), fields.get("id", ""), personal, "/".join(parts[:i]))
        if i and parts[i - 1].endswith("-submissions") and part.startswith(slug := parts[i - 1][: -len("submissions")]):
            return Owner(part.removeprefix(slug), "", True, "")  # GitHub Classroom
    return None


def owners(paths: Sequence[str], worked: Collection[str], roster: Roster | None = None) -> dict[str, str]:
    """{path: the name of the student}. worked: the paths of notebooks in which something was done."""
    told = {path: owner(path) for path in paths}
    keys = _of_downloads(told) | _of_paths([path for path in paths if not told[path]], worked)
    names = _distinct(keys.values())
    found = {path: names[key] for path, key in keys.items()}
    if roster:
        parts = {part for path in paths for part in map(_cleaned, path.split("/")) if part}
        count = Counter(word for part in parts for word in set(_words(part)))
        often = {word for word, times in count.items() if times > max(2, len(parts) / 2)}  # the name of an assignment
        found |= {path: name for path in paths if (name := roster.whose(path, told[path], often))}
    return found


Key = tuple[str, str, str]  # a name without cases and signs, a number where that is not enough; the name as it is shown


def _of_downloads(told: Mapping[str, Owner | None]) -> dict[str, Key]:
    given = {path: who for path, who in told.items() if who}
    numbers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for who in given.values():
        numbers[who.download, _plain(who.name)].add(who.id)
    several = {name for (_, name), ids in numbers.items() if len(ids) > 1}  # two of a name in one download
    return {
        path: (_plain(who.name), who.id if who.personal or _plain(who.name) in several else "", who.name)
        for path, who in given.items()
    }


def _of_paths(paths: Sequence[str], worked: Collection[str]) -> dict[str, Key]:
    folders = {path: tuple(filter(None, map(_cleaned, path.split("/")[:-1]))) for path in paths}
    files = {path: _cleaned(path.split("/")[-1]) for path in paths}
    own = {folders[path] for path in paths if not files[path] and path in worked}  # where somebody's notebooks lie
    found = {}
    for path in paths:
        parts = folders[path]
        if files[path] and not (parts and parts in own):
            parts = (*parts, files[path])
        found[path] = "/".join(parts) or ADDED.sub(" ", SUFFIX.sub("", path)).strip()
    bare = _without_numbers(set(found.values()))
    return {path: (_plain(bare[name]), "", bare[name]) for path, name in found.items()}


def _without_numbers(names: Collection[str]) -> dict[str, str]:
    """A number at the end is left out where the name is there without it, too, and with few others; or where it is a
    file's: of three digits and more, with many names. `student 003` and `student 004` are two."""
    parted = {name: found for name in names if (found := NUMBERED.fullmatch(name))}
    again = Counter(found[1] for found in parted.values())
    long = {name: found[1] for name, found in parted.items() if len(found[2]) > 2}
    bases = {base for base in long.values() if len(_folded(base)) > 1}
    many = len(bases) > 1 and 2 * len(bases) >= len(long)
    bare = dict.fromkeys(names, "")
    for name, found in parted.items():
        if (found[1] in names and again[found[1]] <= FEW) or (many and name in long):
            bare[name] = found[1]
    return {name: base or name for name, base in bare.items()}


def _cleaned(part: str) -> str:
    part = re.sub(r"\( *\)", "", NOISE.sub(" ", SUFFIX.sub("", part))).strip(" _.-")
    return "" if all(map(WORK.fullmatch, _words(part))) and not part.isdecimal() else part


def _distinct(keys: Iterable[Key]) -> dict[Key, str]:
    """A name for each key; where two share one, with the number."""
    first = {(name, id): (name, id, shown) for name, id, shown in sorted(set(keys), reverse=True)}
    count = Counter(name for name, _ in first)
    shown = {k: f"{key[2]} ({key[1]})" if count[k[0]] > 1 and key[1] else key[2] for k, key in first.items()}
    return {key: shown[key[:2]] for key in set(keys)}


class Roster:
    """A class list as a platform exports it. names: {row: the student's name} of the rows that are a student's."""

    def __init__(self, path: Path, columns: Sequence[str] = ()) -> None:
        """columns: those that tell who somebody is; without them they are found by what stands in them. Raises
        ValueError if there is no such list."""
        text = _decoded(path.read_bytes())
        head = text.partition("\n")[0]
        self.delimiter = max(",;\t", key=head.count)
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter))
        self.header, self.rows = (rows or [[]])[0], rows[1:]
        if unknown := [column for column in columns if column not in self.header]:
            raise ValueError(f"{path} has no column {unknown[0]!r}; it has {', '.join(map(repr, self.header))}")
        self._whole: dict[str, set[int]] = defaultdict(set)  # rows by all of a name, an id or an address
        self._words: list[tuple[frozenset[str], int]] = []  # rows by the words of a name
        self.names: dict[int, str] = {}
        for row, told in enumerate(self._tells(columns)):
            for text in told:
                self._learn(row, text)
            if told:
                full = (text for text in told if len(_words(text)) > 1 and not re.search(r"[@\d]", text))
                self.names[row] = next(full, told[0])
        if not self.names:
            raise ValueError(f"{path} names nobody: a column with names, ids or addresses would fit")
        count = Counter(self.names.values())
        self.names = {row: f"{name} (row {row + 2})" if count[name] > 1 else name for row, name in self.names.items()}

    def whose(self, path: str, told: Owner | None, often: Collection[str] = ()) -> str | None:
        """The student whose a file is; None where nobody fits, or more than one. often: words that are no names."""
        if told:
            number = told.id if told.personal else f"participant{told.id}"
            parts = told.name.split("-")  # Moodle puts the name of a group before that of its member, and a hyphen
            texts = [number if told.id else "", *("-".join(parts[i:]) for i in range(len(parts)))]
            tries = [self._whole.get(_folded(text), ()) for text in texts]
        else:
            parts = [_cleaned(part) for part in path.split("/")]
            tries = [self._whole.get(_folded(part), ()) for part in parts] + [self._longest(p, often) for p in parts]
        return next((self.names[row] for rows in tries if len(rows) == 1 for row in rows), None)

    def address(self, row: int) -> str:
        return next((cell.strip() for cell in self.rows[row] if re.fullmatch(r"\S+@\S+\.\S+", cell.strip())), "")

    def _tells(self, columns: Sequence[str]) -> list[list[str]]:
        """Of each row what tells who it is: nothing where it is nobody's."""
        width = range(len(self.header))
        cells = [[row[i].strip() if i < len(row) else "" for i in width] for row in self.rows]
        alone = [[row[i] for row in cells] for i in width]
        plain = [not any(re.search(r"[@\d]", text) for text in column) for column in alone]
        pairs = [  # a first and a last name
            [f"{a} {b}" if a and b else "" for a, b in zip(alone[i], alone[i + 1], strict=True)]
            for i in width[:-1]
            if plain[i] and plain[i + 1] and (not columns or {self.header[i], self.header[i + 1]} <= {*columns})
        ]
        named = [alone[i] for i in width if self.header[i] in columns] or [*filter(_tells_apart, alone)]
        return [
            []
            if row and row[0] in ("Points Possible", "Student, Test")  # rows of Canvas' own
            else [column[i] for column in [*named, *filter(_tells_apart, pairs)] if column[i]]
            for i, row in enumerate(cells)
        ]

    def _learn(self, row: int, text: str) -> None:
        text, _, address = text.partition("@") if "@" in text else (text, "", "")
        if address:
            self._whole[_folded(f"{text}{address}")].add(row)
        words = _words(text)
        for i in range(len(words)):  # "Doe, Jane" is "Jane Doe", and "doejane" in Canvas' names of files
            self._whole["".join(words[i:] + words[:i])].add(row)
        if words:
            self._words.append((frozenset(words), row))

    def _longest(self, text: str, often: Collection[str]) -> set[int]:
        """The rows of whose name or address all words are in a text that holds no other name, the longest of them."""
        here, fits = set(_words(text)), defaultdict(set)
        for words, row in self._words:
            if words <= here and all(w in often or w.isdecimal() or WORK.fullmatch(w) for w in here - words):
                fits[sum(map(len, words))].add(row)
        return fits[max(fits)] if fits else set()


def _tells_apart(column: Sequence[str]) -> bool:
    """Whether what stands in a column tells who somebody is: it is different for most, and has letters or is a whole
    number."""
    found = [text for text in column if re.search(r"[^\W\d_]|^\d{2,}$", text)]
    return 2 * len(set(found)) > max(1, len(found)) and 2 * len(found) > len(column) - 2


def _decoded(data: bytes) -> str:
    for encoding in (("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ()) + ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeError:
            continue
    return data.decode("latin-1")


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[^\W_]+", "".join(letter for letter in plain if unicodedata.category(letter) != "Mn"))


def _folded(text: str) -> str:
    return "".join(_words(text))


def _plain(text: str) -> str:
    """A name as it tells two people apart: Müller is not Muller."""
    return "".join(re.findall(r"[\w/]+", unicodedata.normalize("NFKC", text).casefold())) or text
