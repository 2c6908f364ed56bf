"""Programs with one slip: what the generator promises, and how many of them the workbook can tell the truth about."""

import inspect
import json
import re
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from tests import record
from tests.one_slip import function, is_told, right_programs, slips, styles
from utils.exercises import BANK, Exercise

# The share of wrong programs that are told a true name, or the place where the slip stands. Raise it when it can be.
FLOOR = 0.96
THINNED = 4  # every fourth of the answers in other styles
SAMPLE = 48  # every forty-eighth, some 230 programs; all of them are in the record of verdicts


def test_every_function_to_write_has_slips_of_many_kinds():
    of = Counter(slip.exercise for slip in slips())
    assert set(of) == {e.id for e in BANK.values() if isinstance(e, Exercise)}
    assert min(of.values()) >= 10 and len(slips()) > 3000
    kinds = Counter(slip.kind for slip in slips())
    assert min(kinds.values()) >= 4 and len(kinds) >= 12


def test_one_slip_programs_are_told_their_name_or_their_place():
    told, wrong = 0, 0
    for slip in slips()[::SAMPLE]:
        for program in slip.forms:
            verdict = BANK[slip.exercise].check(function(slip.exercise, program.source), np.random.default_rng(0))
            assert verdict.state in ("right", "wrong", "your code stopped"), (slip, verdict)
            wrong += verdict.state != "right"
            told += is_told(slip.exercise, program, verdict.state, verdict.mistake, verdict.place)
    assert told / wrong >= FLOOR, f"{told} of {wrong}, a share of {told / wrong:.3f}"


@pytest.mark.parametrize(("file", "thinned"), [("styles.txt", THINNED), ("blamed.txt", 1)])
def test_no_right_line_is_blamed_whatever_the_style(file, thinned):
    """In blamed.txt are slips in loops and helpers of which another line looks wrong, too."""
    told, wrong = 0, 0
    for exercise, source, line in list(styles(file))[::thinned]:
        verdict = BANK[exercise].check(function(exercise, source), np.random.default_rng(0))
        if line is None:
            assert verdict.state == "right", source
        elif verdict.state != "right":
            wrong += 1
            told += verdict.place is not None or verdict.mistake is not None
            assert verdict.place is None or verdict.place.line == line, (source, verdict.place)
    assert told >= 0.9 * wrong


CHAIN = "2b_3.input_gradient"
PAIRS = 31  # every so many
UNSEEN = {"overflow", "overflow-sigmoid", "one-total", "batch-only", "columns", "row-only"}
UNSEEN |= {"changed-arguments", "transposed-to-fit"}


def pairs_of_chain_mistakes():
    """(source, line of the first) with two of the catalogue's wrong lines in one chain, of those that ordinary inputs
    show; each does harm beside the other, for what the first gives is read."""
    right = next(source for id, source in right_programs() if id == CHAIN and "prime =" in source).splitlines()
    steps = {line.partition("#")[0].strip(): n for n, line in enumerate(right)}
    at, wrong = {step.partition(" = ")[0]: n for step, n in steps.items()}, []
    for mistake in BANK[CHAIN].mistakes:
        lines = [line.partition("#")[0].strip() for line in inspect.getsource(mistake.formula).splitlines()]
        others = [line for line in lines if line not in steps and line.partition(" = ")[0] in at.keys() - {"N", ""}]
        if len(others) == 1 and mistake.slug not in UNSEEN:
            wrong += [(at[others[0].partition(" = ")[0]], others[0])]
    for (m, first), (n, second) in combinations(sorted(wrong), 2):
        below = "".join(line.partition("#")[0] for line in [*right[m + 1 : n], second, *right[n + 1 :]])
        if m != n and re.search(rf"\b{first.partition(' = ')[0]}\b", below):
            lines = [*right[:m], f"    {first}", *right[m + 1 : n], f"    {second}", *right[n + 1 :]]
            yield "\n".join(lines) + "\n", m + 1


def test_of_two_slips_in_a_chain_the_first_is_told():
    for source, first in list(pairs_of_chain_mistakes())[::PAIRS]:
        verdict = BANK[CHAIN].check(function(CHAIN, source), np.random.default_rng(0))
        assert verdict.state == "right" or (verdict.place and verdict.place.line == first), source


# ---- The record of verdicts: what has not changed is silent, and a sentence that has is found and shown once


TOLD = BANK["2a_1.softmax"].mistakes[0]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A record of one chapter, without derivations."""
    path, of_softmax = tmp_path_factory.mktemp("record") / "record.jsonl", record.one_slip.slips("2a_1.softmax")[::9]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record, "_derivations", list)
        patch.setattr(record.one_slip, "slips", lambda: of_softmax)
        patch.setattr(record, "BANK", {name: asked for name, asked in BANK.items() if name.startswith("2a_1.")})
        record.write(path)
        yield path


def test_a_tree_is_told_what_it_was(written, capsys):
    assert not record.compare(written)
    assert "are told what they were" in capsys.readouterr().out


def test_a_changed_sentence_a_lost_answer_and_a_lost_place_are_found(written, tmp_path, capsys):
    lines = [json.loads(line) for line in written.read_text(encoding="utf-8").splitlines()]
    of = [
        line for line in lines if line["told"].get("mistake") == TOLD.slug and line["key"].startswith("2a_1.softmax ")
    ]
    for line in of:
        line["told"]["message"] = line["told"]["message"].replace(TOLD.feedback, f"Some words. {TOLD.feedback}")
    lines.append(
        {"key": "2a_1.softmax mistakes gone 1 draw 0", "entry": {"of": "mistakes", "at": 0, "draw": 0}, "told": {}}
    )
    placed = next(line for line in lines if "source" in line["entry"] and line["told"]["state"] == "wrong")
    placed["told"]["place"] = {"line": 1}
    changed = tmp_path / "changed.jsonl"
    changed.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    assert record.compare(changed)
    said = capsys.readouterr().out
    assert f"{len(of)}  message\n     - Some words.\n" in said
    assert "1  gone from the tree\n     mistakes\n" in said and "1  place" in said
    assert f"{len(of) + 2} of {len(lines)} differ." in said
