"""Programs with one slip: what the generator promises, and how many of them the workbook can tell the truth about."""

import ast
import inspect
from collections import Counter

import numpy as np
import pytest

from tests.one_slip import function, is_told, right_programs, slips, styles
from utils.exercises import BANK, Exercise

# The share of wrong programs that are told a true name, or the place where the slip stands. Raise it when it can be.
FLOOR = 0.95
STYLES, THINNED = 4, 3  # every third of the answers in other styles, in four parts
SAMPLE = 16  # every sixteenth, some 700 programs; all of them are in the record of verdicts


def test_every_function_to_write_has_slips_of_many_kinds():
    of = Counter(slip.exercise for slip in slips())
    assert set(of) == {e.id for e in BANK.values() if isinstance(e, Exercise)}
    assert min(of.values()) >= 10 and sum(len(slip.forms) for slip in slips()) > 3000
    kinds = Counter(slip.kind for slip in slips())
    assert min(kinds.values()) >= 4 and len(kinds) >= 12


def test_a_slip_stands_where_its_program_says():
    for slip in slips():
        for program in slip.forms:
            line = program.source.splitlines()[program.line - 1]
            assert all(part in line or part in ast.unparse(ast.parse(line.strip())) for part in program.parts), slip
            assert all(program.is_at(program.line, f" {part} ") for part in program.parts)
            assert not program.is_at(program.line + 1, slip.after)


@pytest.mark.parametrize(("exercise", "source"), right_programs(), ids=[exercise for exercise, _ in right_programs()])
def test_what_slips_are_made_from_is_right_and_can_be_read(exercise, source):
    answer = function(exercise, source)
    assert BANK[exercise].check(answer).state == "right"
    assert inspect.getsource(answer).strip() == source.strip()


def test_one_slip_programs_are_told_their_name_or_their_place():
    told, wrong = 0, 0
    for slip in slips()[::SAMPLE]:
        for program in slip.forms:
            verdict = BANK[slip.exercise].check(function(slip.exercise, program.source), np.random.default_rng(0))
            assert verdict.state in ("right", "wrong", "your code stopped"), (slip, verdict)
            wrong += verdict.state != "right"
            told += is_told(slip.exercise, program, verdict.state, verdict.mistake, getattr(verdict, "place", None))
    assert told / wrong >= FLOOR, f"{told} of {wrong}, a share of {told / wrong:.3f}"


@pytest.mark.parametrize("start", range(STYLES))
def test_no_right_line_is_blamed_whatever_the_style(start):
    told, wrong = 0, 0
    for exercise, source, line in list(styles())[start :: STYLES * THINNED]:
        verdict = BANK[exercise].check(function(exercise, source), np.random.default_rng(0))
        if line is None:
            assert verdict.state == "right", source
        elif verdict.state != "right":
            wrong += 1
            told += verdict.place is not None or verdict.mistake is not None
            assert verdict.place is None or verdict.place.line == line, (source, verdict.place)
    assert told >= 0.85 * wrong
