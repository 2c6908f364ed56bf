"""Who handed in what: by the names that learning platforms give to downloads, by the class list that they export, and,
where there is neither, by what is left of a path without the names of chapters and copies.

Two students are never taken for one where that can be helped: where it is in doubt, there are two rows.
"""

import csv
import io
import json
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, zip_longest
from pathlib import Path

from utils.exercises import CHAPTERS
from utils.teach.grade.submission import COPIES

EXCEL = "utf-8-sig"  # with the mark at the head by which Excel knows it
STEMS = {chapter: path.stem for chapter, path in COPIES.items()}  # names of the chapters' notebooks
_FILE = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
DOWNLOADS = [(re.compile(each["pattern"]), each["joint"]) for each in _FILE["downloads"]]
DOCUMENT, TASK, THING, COPIED = ("|".join(_FILE[kind]) for kind in ("documents", "tasks", "things", "copies"))
PACKED = re.compile(r"\.(?:zip|tar|tgz)\b.*", re.I)
ENDING = re.compile(rf"\.ipynb\b.*|{PACKED.pattern}|\.(?:{DOCUMENT})$", re.I)
_short = "|".join(re.escape(chapter).replace("_", "[_-]") for chapter in CHAPTERS if "_" in chapter)
_long = "|".join(re.escape(stem) for stem in STEMS.values())
CHAPTER = rf"(?<![^\W_])(?:{_long or '(?!)'}|{_short})(?![^\W_])(?:\s*-\d+)?"
COPY = rf"(?<![^\W_])(?:{COPIED}|(?:{TASK})[ _-]?\d+)(?![^\W_])|\((?:\d+|s)\)|(?<=-)(?:main|master)$"
ADDED = re.compile(rf"(?i)[\s_.–—-]*(?:{COPY})[\s_.–—-]*")
NOISE = re.compile(rf"(?i)[\s_.–—-]*(?:{CHAPTER}|{COPY})[\s_.–—-]*")
_titles = "|".join(word for stem in STEMS.values() for word in stem.split("_"))
WORK = re.compile(rf"(?:{TASK}|{THING}|{_titles})s?\d*|\d{{1,3}}")  # a word that is no name of a person
NUMBERS = re.compile(r"(?i)\bid\b|num|\bn[or]\b|matr")  # heads of columns
LOGINS = re.compile(r"(?i)user|login")
# How PDF, HTML and others begin, or what text has not.
NO_LIST = re.compile(r"\s*(?:%PDF|[<{]|\[\s*[{\[])|.*?[\0-\x08\x0e-\x1f]", re.S)


@dataclass(frozen=True)
class Owner:
    """What a part of a path says of whoever handed it in; names.toml tells what its fields mean. download: where this
    part lies, and others'."""

    part: str
    download: str
    name: str
    id: str = ""
    here: str = ""
    joint: str = ""


def owner(path: str) -> Owner | None:
    """Whose a file is by the name that a platform gave to it."""
    parts = path.split("/")
    for i, part in enumerate(parts):
        where = part, "/".join(parts[:i])
        for pattern, joint in DOWNLOADS:
            if (found := pattern.match(part)) and not WORK.fullmatch(found["name"].casefold()):
                fields = {field: text.strip() for field, text in found.groupdict().items() if text}
                return Owner(*where, **fields, joint=joint)
        above = PACKED.sub("", parts[i - 1]) if i else ""
        if above.endswith("-submissions") and part.startswith(task := above.removesuffix("submissions")):
            return Owner(*where, ADDED.sub("", ENDING.sub("", part.removeprefix(task))))  # GitHub Classroom
    return None


def _cleaned(part: str) -> str:
    part = re.sub(r"\( *\)", "", NOISE.sub(" ", ENDING.sub("", part))).strip(" _.–—-")
    words = _words(part)  # none in signs such as ☀, which may be all that tells two apart
    return "" if words and all(map(WORK.fullmatch, words)) and not part.isdecimal() else part


class Roster:
    """A class list as a platform exports it. names: {row: the student's name} of the rows that are a student's."""

    def __init__(self, path: Path, columns: Sequence[str] = (), handed_in: Collection[str] = ()) -> None:
        """columns: those that tell who somebody is; without them they are found by what stands in them. handed_in: the
        paths of what was, by which the name of somebody is known from the head of a column. Raises ValueError if there
        is no such list."""
        text = _decoded(path.read_bytes())
        if NO_LIST.match(text):
            raise ValueError(f"{path} is no list in text; the same list saved as CSV would fit")
        self.delimiter = max(",;\t|", key=lambda sign: sum(sign in line for line in text.splitlines()))
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True))
        except csv.Error as error:
            raise ValueError(f"{path} is no CSV, {error}; a list in which every quote is closed would fit") from None
        # A title, or what Excel is told of the delimiter, may stand above the heads of the columns.
        top = next((i for i, row in enumerate(rows) if sum(map(bool, row)) > 1), 0)
        if not columns and rows and _has_no_heads(rows[top], handed_in):
            rows.insert(top, [""] * len(rows[top]))
        self.above, self.header, self.rows = rows[:top], (rows or [[]])[top], rows[top + 1 :]
        if unknown := [column for column in columns if column not in self.header]:
            raise ValueError(f"{path} has no column {unknown[0]!r}; it has {', '.join(map(repr, self.header))}")
        self._rows: dict[str, set[int]] = defaultdict(set)  # by all of a name, an id or an address
        self._texts: dict[int, list[tuple[list[str], str]]] = defaultdict(list)  # words of each; a login as it stands
        names: dict[int, str] = {}
        for row, told in enumerate(self._tells(columns)):
            for text in told:
                if "\n" in text:
                    raise ValueError(f"{path} has a name in two lines, {text!r}; closed quotes around it would fit")
                self._learn(row, text)
            if told:
                full = (text for text in told if " " in text and not re.search(r"[@\d]", text))
                names[row] = next(full, told[0])
        if not names:
            raise ValueError(f"{path} names nobody: a column with names, ids or addresses would fit")
        count = Counter(names.values())
        self.names = {row: f"{name} (row {row + top + 2})" if count[name] > 1 else name for row, name in names.items()}

    def whose(self, path: str, told: Owner | None, often: Collection[str] = ()) -> str | None:
        """The student whose a file is; None where nobody fits, or more than one. often: words that are no names."""
        if told:
            before = told.name.split(told.joint) if told.joint else [told.name]
            names = [self._called(told.joint.join(before[i:])) for i in range(len(before))]
            number = self._called(told.id or f"participant{told.here}")
            ways = [[number, next((rows for rows in names if len(rows) == 1), set())]]
        else:
            parts = _names(path)
            named = [part for part in parts if not part.isdecimal()]
            numbers = [part for part in parts if part.isdecimal() and (len(part) > 3 or not named)]
            longest = [self._longest(part, often) for part in named]
            ways = [[*map(self._called, named)], [*map(self._called, numbers)], longest]
        for tries in ways:
            if fits := set().union(*(rows for rows in tries if len(rows) == 1)):
                return self.names[fits.pop()] if len(fits) == 1 else None
        return None

    def _called(self, text: str) -> set[int]:
        """The rows that have this name, id or address; those with the same accents and blanks first."""
        return self._rows.get(_plain(text)) or self._rows.get(_folded(text)) or set()

    def address(self, row: int) -> str:
        return next((cell.strip() for cell in self.rows[row] if re.fullmatch(r"\S+@\S+\.\S+", cell.strip())), "")

    def _tells(self, columns: Sequence[str]) -> list[list[str]]:
        """Of each row what tells who it is: nothing where it is nobody's."""
        table = zip_longest(self.header, *self.rows, fillvalue="")
        found = [(title, [cell.strip() for cell in cells]) for title, *cells in islice(table, len(self.header))]
        named = [cells for title, cells in found if title in columns]
        filled = sum(any(map(str.strip, row)) for row in self.rows)
        named = named or [c for title, c in found if _tells_apart(c, filled, 2 if NUMBERS.search(title) else 4)]
        for (title, first), (beside, last) in pairwise(found):
            both = [f"{a} {b}" if a and b else "" for a, b in zip(first, last, strict=True)]
            asked = {title, beside} <= {*columns} if columns else not LOGINS.search(title + beside)
            if asked and _tells_apart(both, filled):
                named.append(both)  # a first and a last name
        nobody = ("Points Possible", "Student, Test")  # rows of Canvas' own
        return [
            [] if row and row[0].strip() in nobody else [text for text in told if text]
            for row, told in zip(self.rows, zip(*named, strict=True), strict=False)
        ]

    def _learn(self, row: int, text: str) -> None:
        local, _, domain = text.partition("@")
        if domain:
            self._rows[_folded(text)].add(row)
        turns = len(local.split())  # "Doe, Jane" is "Jane Doe", and "doejane" in Canvas' names of files
        for words, joint in ((_plain(local).split(), " "), (_words(local), "")):
            for i in range(len(words) if turns > 1 else 1):
                self._rows[joint.join(words[i:] + words[:i])].add(row)
        self._texts[row].append((words, "" if turns > 1 else f" {' '.join(words)} "))

    def _longest(self, text: str, often: Collection[str]) -> set[int]:
        """The rows with a name or an address all of whose words are in a text that holds no other name; of these, the
        rows of which it tells most."""
        here, line, fits = {*_words(text)}, f" {' '.join(_words(text))} ", defaultdict(set)
        for row, texts in self._texts.items():
            mine = {word for words, login in texts if here.issuperset(words) and login in line for word in words}
            others = [word for word in here - mine if not (word in often or word.isdecimal() or WORK.fullmatch(word))]
            if not others and not all(map(WORK.fullmatch, mine)):
                fits[sum(map(len, mine))].add(row)
        return fits[max(fits)] if fits else set()


def owners(paths: Sequence[str], worked: Collection[str], roster: Roster | None = None) -> dict[str, str]:
    """{path: the name of the student}. worked: the paths of notebooks in which something was done."""
    told = {path: who for path in paths if (who := owner(path))}
    keys = _of_downloads(told) | _of_paths([path for path in paths if path not in told], worked)
    shown = {(_plain(name), id): name for name, id in sorted(keys.values(), reverse=True)}
    namesakes = Counter(plain for plain, _ in shown)  # who share a name bear their number, too
    found = {}
    for path, (name, id) in keys.items():
        number = f" ({id})" if id and namesakes[_plain(name)] > 1 else ""
        found[path] = shown[_plain(name), id] + number
    if roster:
        parts = {part for path in paths for part in map(_cleaned, path.split("/")) if part}
        count = Counter(word for part in parts for word in set(_words(part)))
        often = {word for word, times in count.items() if times > max(2, len(parts) / 2)}  # the name of an assignment
        taken = {*roster.names.values()}
        found = {path: f"{name} (in doubt)" if name in taken else name for path, name in found.items()}
        found |= {path: name for path in paths if (name := roster.whose(path, told.get(path), often))}
    return found


def _of_downloads(told: Mapping[str, Owner]) -> dict[str, tuple[str, str]]:
    """By path, a name, and a number where that is not enough."""
    # Before a name Blackboard puts what is asked.
    names = {path: (who.joint == "_" and _cleaned(who.name)) or who.name for path, who in told.items()}
    people = {(who.download, _plain(names[path]), who.here) for path, who in told.items()}
    count = Counter((download, plain) for download, plain, _ in people)
    several = {plain for (_, plain), times in count.items() if times > 1}  # two of a name in one download
    several.add("participant")  # what Moodle says where names are hidden
    numbers = {path: who.id or (who.here if _plain(names[path]) in several else "") for path, who in told.items()}
    return {path: (name, numbers[path]) for path, name in names.items()}


def _of_paths(paths: Sequence[str], worked: Collection[str]) -> dict[str, tuple[str, str]]:
    """The same, where no platform has named them."""
    above = {path: [name for part in path.split("/")[:-1] if (name := _cleaned(part))] for path in paths}
    files = {path: _cleaned(path.rpartition("/")[2]) for path in paths}
    own = {tuple(above[path]) for path in paths if not files[path] and path in worked}  # where somebody's notebooks lie
    found = {}
    for path in paths:
        by_folder = above[path] and (not files[path] or tuple(above[path]) in own)
        names = dict.fromkeys(filter(None, above[path] if by_folder else [*above[path], files[path]]))
        bare = (ADDED.sub(" ", ENDING.sub("", part)).strip() or part for part in path.split("/"))
        found[path] = "/".join(names or bare), ""
    return found


def _has_no_heads(first: Sequence[str], handed_in: Collection[str]) -> bool:
    """Whether the first row of a list is a student's: it holds an address, or the name of one who has handed in."""
    names = {*map(_plain, first), *(_plain(f"{a} {b}") for pair in pairwise(first) for a, b in (pair, pair[::-1]))}
    parts = {_plain(part) for path in handed_in for part in _names(path)}
    return any("@" in cell for cell in first) or any(re.fullmatch(r"\D+ \D+", name) for name in names & parts)


def _names(path: str) -> list[str]:
    """What of a path may be a name."""
    return [who.name] if (who := owner(path)) else list(filter(None, map(_cleaned, path.split("/"))))


def _tells_apart(column: Sequence[str], filled: int, digits: int = 4) -> bool:
    """Whether what stands in a column tells who somebody is: it is different for most, and has letters or is a whole
    number of so many digits, in one line; with fewer it may be points. filled: the rows that are not blank."""
    found = [text for text in column if re.search(rf"[^\W\d_]|^\d{{{digits},}}$", text) and "\n" not in text]
    return 2 * len(set(found)) > max(1, len(found)) and 2 * len(found) > filled - 2


def _decoded(data: bytes) -> str:
    try:
        return data.decode(json.detect_encoding(data))  # by the mark at its head
    except UnicodeError:
        return data.decode("cp1252", "replace")


def _words(text: str, accents: bool = False) -> list[str]:
    """Its words: letters, numbers and the marks that scripts such as Hindi's write vowels with. What cannot be seen,
    such as the marks of a direction, is nothing."""
    signs = unicodedata.normalize("NFKC" if accents else "NFKD", text.casefold())
    kinds = ((sign, unicodedata.category(sign)) for sign in signs if accents or not "\u0300" <= sign <= "\u036f")
    return "".join(sign if sign == "/" or kind[0] in "LMN" else " " for sign, kind in kinds if kind != "Cf").split()


def _folded(text: str) -> str:
    return "".join(_words(text))


def _plain(text: str) -> str:
    """A name as it tells two people apart: Müller is not Muller, and Xi An is not Xian."""
    return " ".join(_words(text, accents=True)) or text
