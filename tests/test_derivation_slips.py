"""Every recognised slip: found in its own example, called by its own name, and told in a whole sentence."""

import random
from collections import Counter

import pytest

from tests.derivation_data import SETTINGS, rows
from tests.fuzz_slips import attack
from utils.judge.algebra import SLIPS, judge, parse
from utils.judge.algebra.rewriting import plain

PLANTED = 500  # 20,000 are planted by tests/benchmarks/long.py


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.slug)
def test_a_slip_is_recognised_in_its_own_example_and_told_in_whole_sentences(slip):
    name, above, line = slip.example
    setting = SETTINGS[name]
    for _ in range(3):
        first, second = judge(f"{above}\n{line}", setting, above, above).steps
        assert first.status == "right"
        assert (second.status in ("slip", "does not multiply"), second.slug) == (True, slip.slug)
        assert slip.feedback in second.reason
    assert judge(f"{above}\n1 * ({above})", setting, above, above).first_slip is None
    assert slip.feedback[-1] in ".?!" and "  " not in slip.feedback
    assert slip.feedback.count("$") % 2 == 0 and slip.feedback.count("`") % 2 == 0


@pytest.mark.parametrize("row", rows("called"))
def test_a_slip_is_called_by_its_name_or_by_none(row):
    setting, asked, lines, slug, *said = row
    step = judge(f"{asked} = {lines}", SETTINGS[setting], asked, asked).steps[-1]
    assert (step.status != "right", step.slug or "-") == (True, slug)
    assert "".join(said) in " ".join(f"{step.reason} {step.difference}".split())


@pytest.mark.parametrize(("a", "relation", "b"), rows("plainly the same"))
def test_lines_are_plainly_the_same_up_to_order_brackets_and_where_a_minus_stands(a, relation, b):
    a, b = (parse(text, ("theta", "y", "y_hat", "W1", "W2")) for text in (a, b))
    assert (plain(a) == plain(b)) == (relation == "=")


def test_slips_planted_at_random_get_a_true_name_or_none():
    rng = random.Random(15)
    told = Counter(found[1] is not None for found in (attack(rng) for _ in range(PLANTED)) if found)
    assert told.total() > PLANTED / 4 and told[True] > told.total() / 4
