"""The command line: python -m utils.grade SUBMISSIONS/ --out marks.csv"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path

from utils.grade import report
from utils.grade.folder import returned, without_notebook
from utils.grade.marking import Mark, mark

ROOT = Path(__file__).resolve().parents[1]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m utils.grade", description="Mark a folder of returned notebooks by running their answers again."
    )
    parser.add_argument("submissions", type=Path, help="a folder; every notebook in it, at any depth, is a submission")
    parser.add_argument("--out", type=Path, default=Path("marks.csv"), help="where the marks go (default: marks.csv)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="notebooks at once (default: one a core)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster to mark on, such as tcp://host:8786")
    asked = parser.parse_args(argv)
    if not asked.submissions.is_dir():
        parser.error(f"{str(asked.submissions)!r} is not a folder; the one that holds the returned notebooks would fit")
    texts = dict(returned(asked.submissions))
    if not texts:
        parser.error(f"there is no notebook (.ipynb) in {str(asked.submissions)!r}")
    if asked.jobs < 1:
        parser.error(f"--jobs {asked.jobs}: one or more would fit")

    asked.out.parent.mkdir(parents=True, exist_ok=True)
    journal = asked.out.with_name(f".{asked.out.name}.unfinished")
    marks = {
        student: [Mark("", "unreadable", note=str(why))] for student, why in texts.items() if not isinstance(why, str)
    }
    workbook = _workbook()
    keys = {
        student: hashlib.sha256(workbook + text.encode("utf-8", "surrogatepass")).hexdigest()
        for student, text in texts.items()
        if student not in marks
    }
    marked = {key: given for key, given in _kept(journal) if key in set(keys.values())}
    waiting = list(dict.fromkeys(key for key in keys.values() if key not in marked))  # equal files are marked once
    if marked:
        print(f"{sum(key in marked for key in keys.values())} were marked before the last run stopped", file=sys.stderr)
    by_key = {key: texts[student] for student, key in keys.items()}
    with journal.open("a", encoding="utf-8") as kept:
        each = _on_a_cluster(asked.scheduler) if asked.scheduler else _on_this_machine(asked.jobs)
        for count, (key, given) in enumerate(each({key: by_key[key] for key in waiting}), 1):
            marked[key] = given
            kept.write(json.dumps([key, [astuple(m) for m in given]]) + "\n")
            kept.flush()
            _progress(count, len(waiting))
    marks |= {student: marked[key] for student, key in keys.items()}
    report.write_marks(marks, asked.out)
    report.write_students(marks, asked.out.with_name(f"{asked.out.stem}_by_student.csv"))
    report.picture(marks, asked.out.with_suffix(".png"))
    journal.unlink()
    print(report.summary(marks))
    if without := without_notebook(asked.submissions, texts):
        print("\nNo notebook in", *without, sep="\n  ")
    print(f"\nWrote {asked.out}, {asked.out.stem}_by_student.csv and {asked.out.stem}.png", file=sys.stderr)
    return 0


def _workbook() -> bytes:
    """A digest of what marks depend on besides the notebook, so that a bank that was mended is not half applied."""
    parts = sorted(
        path for room in ("reference", "derivation", "exercises", "grade") for path in ROOT.glob(f"{room}/*.py")
    )
    return hashlib.sha256(b"".join(path.read_bytes() for path in parts)).digest()


def _kept(journal: Path) -> Iterator[tuple[str, list[Mark]]]:
    """The marks of a run that was interrupted."""
    for line in journal.read_text(encoding="utf-8").splitlines() if journal.exists() else ():
        try:
            key, given = json.loads(line)
            yield key, [Mark(*fields) for fields in given]
        except (ValueError, TypeError):  # the line at which it was interrupted
            continue


def _on_this_machine(jobs: int) -> Callable[[dict[str, str]], Iterator[tuple[str, list[Mark]]]]:
    def each(texts: dict[str, str]) -> Iterator[tuple[str, list[Mark]]]:
        left = dict(texts)
        with suppress(BrokenProcessPool), ProcessPoolExecutor(jobs) as pool:
            futures = {pool.submit(mark, text): key for key, text in texts.items()}
            for future in as_completed(futures):
                yield futures[future], future.result()
                del left[futures[future]]
        for key, text in left.items():  # one of them ended the process that marked it: from here on each has its own
            try:
                with ProcessPoolExecutor(1) as pool:
                    given = pool.submit(mark, text).result()
            except BrokenProcessPool:
                given = [Mark("", "unreadable", note="it ended the process that marked it")]
            yield key, given

    return each


def _on_a_cluster(address: str) -> Callable[[dict[str, str]], Iterator[tuple[str, list[Mark]]]]:
    def each(texts: dict[str, str]) -> Iterator[tuple[str, list[Mark]]]:
        try:
            from distributed import Client
            from distributed import as_completed as completed
        except ModuleNotFoundError:
            sys.exit("--scheduler needs Dask: pip install distributed")
        try:
            client = Client(address, timeout=20)
        except OSError as error:
            sys.exit(f"no Dask scheduler answers at {address}: {error}")
        with client:
            futures = {client.submit(mark, text, pure=False): key for key, text in texts.items()}
            for future in completed(futures):
                yield futures[future], future.result()

    return each


def _progress(done: int, of: int) -> None:
    bar = "█" * (30 * done // of)
    print(f"\r{bar:30} {done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
