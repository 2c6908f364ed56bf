"""The record of verdicts: what every known answer is told, kept so that no sentence is lost by accident.

    python -m tests.record write record.jsonl      before a change
    python -m tests.record compare record.jsonl    after it, in the changed tree: what is told otherwise now

In it are every mistake of the bank, every right answer written differently, every option of a question and of a table,
every program with one slip, and every derivation that the tests judge, all at fixed draws. Programs and derivations
stand in the record with their text, so these are judged again whatever has become of the tests that they come from.
The record is some megabytes, so it is kept outside the repository. Each command takes a quarter of an hour.
"""

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import re
import sys
import zlib
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("WORKBOOK_PROGRESS", "off")

import numpy as np
import pytest

from tests import one_slip
from utils.exercises import BANK, Choice, Derivation, Exercise, Sheet
from utils.judge import algebra
from utils.judge import derivation as asked

TESTS = Path(__file__).parent
DRAWS = 2  # of the bank's own answers; a program with a slip is judged at the first alone
LONGEST = 5000  # characters of a derivation; some tests try what is far too long
SHOWN = 3  # examples of a group
DRAWN = np.random.default_rng
SETTINGS = {name: thing for name, thing in vars(algebra).items() if isinstance(thing, algebra.Setting)}


def entries():
    """{key: what is to be judged} of the tree as it is."""
    found = {}
    for exercise in BANK.values():
        if isinstance(exercise, Exercise):
            found |= {f"{exercise.id} right": {"right": True}}
            for kind, answers in (("mistakes", exercise.mistakes), ("accepts", exercise.accepts)):
                counted = defaultdict(int)
                for i, answer in enumerate(answers):
                    name = getattr(answer, "slug", "")
                    counted[name] += 1
                    for draw in range(DRAWS):
                        key = f"{exercise.id} {kind} {name} {counted[name]} draw {draw}"
                        found[key] = {"of": kind, "at": i, "draw": draw}
        elif isinstance(exercise, Choice):
            found |= {f"{exercise.id} option {slug}": {"given": slug} for slug in exercise.labels}
        elif isinstance(exercise, Sheet):
            for row in exercise.rows:
                for option in exercise.labels:
                    found[f"{exercise.id} row {row.slug} {option}"] = {"given": {row.slug: option}}
            found[f"{exercise.id} filled"] = {"given": exercise.solution}
        found |= {f"{exercise.id} text {i}": {"text": i} for i in range(len(exercise.hints) + 1)}
    found |= {key: {"source": program.source} for key, _, program in _programs()}
    for given in _derivations():
        found[f"{given.get('exercise', given.get('setting'))} derivation {_mark(json.dumps(given))}"] = given
    return found


def _programs():
    for slip in one_slip.slips():
        for form, program in zip(("a step a line", "one expression"), slip.forms, strict=False):
            yield f"{slip} ({form}) {_mark(program.source)}", slip, program


def shares(told):
    """In words: how many programs with one slip are told the truth, and how many known mistakes their own name."""
    wrong = true = placed = false = 0
    for key, slip, program in _programs():
        said = told[key]
        if said["state"] != "right":
            place = said.get("place") and SimpleNamespace(**said["place"])
            wrong += 1
            true += one_slip.is_told(slip.exercise, program, said["state"], said.get("mistake"), place)
            placed += place is not None
            false += place is not None and not program.is_at(place.line, place.expression)
    named = [key.split(" ")[2] == said["mistake"] for key, said in told.items() if " mistakes " in key]
    return (
        f"Of {wrong} wrong programs with one slip {true / wrong:.1%} are told a true name or place; of the {placed}\n"
        f"places {false} are another than the slip's. {sum(named) / len(named):.1%} of {len(named)} known mistakes are "
        "called by their name."
    )


def judge(key, entry):
    """What is told, as it stands in the record; an empty dict where the tree has no such exercise any more."""
    exercise = BANK.get(entry.get("exercise") or re.split(r"[ :]", key)[0])
    if exercise is None if "setting" not in entry else entry["setting"] not in SETTINGS:
        return {}
    np.random.default_rng = lambda seed=0: DRAWN(seed)  # where no seed is given, too
    try:
        return _told(exercise, entry)
    except Exception as error:
        return {"state": "raises", "message": f"{type(error).__name__}: {error}"}
    finally:
        np.random.default_rng = DRAWN


def _told(exercise, entry):
    match entry:
        case {"setting": setting, "question": question, "answer": answer, "lines": lines}:
            return _reading(algebra.judge(lines, SETTINGS[setting], question, answer))
        case {"lines": answer} | {"given": answer}:
            return _verdict(exercise.check(answer))
        case {"text": i}:
            return {"state": "text", "message": [*exercise.hints, getattr(exercise, "question", "")][i]}
        case {"source": source}:
            return _verdict(exercise.check(one_slip.function(exercise.id, source), DRAWN(0)))
        case {"of": kind, "at": i, "draw": draw}:
            answer = getattr(exercise, kind)[i]
            return _verdict(exercise.check(getattr(answer, "formula", answer), DRAWN(draw)))
    return _verdict(exercise.check(exercise.reference, DRAWN(0)))


def _verdict(verdict):
    place = getattr(verdict, "place", None)
    told = {"state": verdict.state, "mistake": verdict.mistake, "place": place, "message": verdict.message}
    if place is not None:
        told["place"] = {name: getattr(place, name, None) for name in ("line", "expression", "last", "due")}
    return told


def _reading(reading):
    steps = [f"{step.number} {step.status} {step.slug or ''} {step.reason}".strip() for step in reading.steps]
    slip = reading.first_slip
    return {
        "state": "right" if reading.right else "wrong",
        "mistake": slip.slug if slip else reading.slug,
        "place": slip and slip.number,
        "message": "\n".join([*steps, reading.problem or ""]).strip(),
    }


def _derivations():
    """Every derivation that a test judges: heard while these tests are run, in a process of their own."""
    with multiprocessing.Pool(1) as pool:
        return pool.apply(_heard)


def _heard():
    seen, judge = {}, algebra.judge
    bank = [e for e in BANK.values() if isinstance(e, Derivation)]

    def listening(text, setting, question, answer, *rest):
        of = next((e for e in bank if e.setting is setting and (e.question, e.answer) == (question, answer)), None)
        name = next((name for name, known in SETTINGS.items() if known is setting), None)
        given = {"exercise": of.id} if of else name and {"setting": name, "question": question, "answer": answer}
        if given and len(text) < LONGEST:
            seen[json.dumps([given, text])] = given | {"lines": text}
        return judge(text, setting, question, answer, *rest)

    algebra.judge = asked.judge = listening
    tests = map(str, sorted(TESTS.glob("test_derivation_*.py")))
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        pytest.main([*tests, "-q", "-o", "addopts=", "-p", "no:cacheprovider", "-k", "not fuzz"])
    return list(seen.values())


def _mark(text):
    return f"{zlib.crc32(text.encode()):08x}"


def judged(found):
    """{key: what is told} of entries, on both cores."""
    with multiprocessing.Pool() as pool:
        return dict(zip(found, pool.starmap(judge, found.items(), chunksize=50), strict=True))


def write(path):
    found = entries()
    told = judged(found)
    with path.open("w", encoding="utf-8") as file:
        for key in sorted(found):
            file.write(json.dumps({"key": key, "entry": found[key], "told": told[key]}, ensure_ascii=False) + "\n")
    print(f"{len(found)} answers and what they are told stand in {path}.", shares(told), sep="\n")


def compare(path):
    """Print what changed, what is the same change in one group. Returns whether anything has."""
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    record = {line["key"]: line for line in lines}
    new = entries()
    # What the record holds as text is judged as it was; of the bank's own answers the tree knows where they stand now.
    kept = {
        key: new.get(key, line["entry"])
        for key, line in record.items()
        if key in new or line["entry"].keys() & {"source", "lines"}
    }
    now = judged(kept | {key: new[key] for key in new.keys() - record.keys()})
    print(shares(now))
    groups = defaultdict(list)
    for key, line in record.items():
        if key not in now or not now[key]:
            groups["gone from the tree", key.rpartition(" draw ")[0].partition(" ")[2].split(" ")[0], ""].append(key)
        elif now[key] != line["told"]:
            groups[_change(line["told"], now[key])].append(key)
    for key in now.keys() - record.keys():
        groups["new in the tree", "", ""].append(key)
    for group, keys in sorted(groups.items(), key=lambda item: -len(item[1])):
        print(f"{len(keys)}  {group[0]}")
        print("".join(f"     {line}\n" for text in group[1:] if text for line in text.splitlines()), end="")
        print("".join(f"       {key}\n" for key in sorted(keys)[:SHOWN]))
    changed = sum(map(len, groups.values()))
    print(f"{changed} of {len(record)} differ." if changed else f"All {len(record)} are told what they were.")
    return bool(changed)


def _change(before, after):
    """What two different verdicts differ in: the same for all that changed alike, whatever the numbers in them."""
    what = [name for name in ("state", "mistake") if before.get(name) != after.get(name)]
    if what:
        told = "; ".join(f"{name}: {before.get(name)} -> {after.get(name)}" for name in what)
        return told, "", ""
    if before.get("place") != after.get("place") and before["message"] == after["message"]:
        kind = (
            "a place is told" if not before.get("place") else "a place is lost" if not after.get("place") else "moved"
        )
        return f"place: {kind}", "", ""
    texts = [re.sub(r"(?<![\w.])\d[\d.e+-]*", "0", told["message"]) for told in (before, after)]
    a, b = (re.split(r"(?<=[.?!]) |\n", text) for text in texts)
    gone, come = [s for s in a if s not in b], [s for s in b if s not in a]
    return "message", "\n".join(f"- {s}" for s in gone), "\n".join(f"+ {s}" for s in come)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.record", description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=["write", "compare"])
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    return write(given.file) if given.command == "write" else compare(given.file)


if __name__ == "__main__":
    sys.exit(main())
