"""What the README shows how to add does work when it is added."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests import test_exercise_bank as walk
from utils.exercises import Exercise, Mistake, get
from utils.exercises.inputs import logits

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def example(kind):
    """The block of Python behind <!-- kind -->."""
    return re.search(rf"<!-- {kind} -->\n```python\n(.*?)```", README, re.S)[1]


def test_a_mistake_is_added_in_one_entry():
    scope = {"Mistake": Mistake, "np": np}
    mistake = eval(example("mistake: 2a_1.softmax"), scope)
    asked = get("2a_1.softmax")
    # Whoever followed the README has added it already.
    others = [known for known in asked.mistakes if known.slug != mistake.slug]
    asked = replace(asked, mistakes=others)
    assert asked.check(mistake.formula).mistake != mistake.slug  # without the entry it has no name
    asked = replace(asked, mistakes=[*others, mistake])
    walk.test_a_mistake_is_rejected_and_called_by_its_own_name_and_by_no_other(asked, len(others))


def test_an_exercise_is_added_in_one_entry():
    added = eval(example("exercise"), {"Exercise": Exercise, "Mistake": Mistake, "logits": logits, "np": np})
    walk.test_the_reference_is_right_even_with_rounding_noise(added)
    walk.test_every_stub_is_not_attempted(added)
    for i in range(len(added.mistakes)):
        walk.test_a_mistake_is_rejected_and_called_by_its_own_name_and_by_no_other(added, i)
    for accepted in added.accepts:
        walk.test_a_right_answer_written_differently_passes(added, accepted)
    walk.test_texts_are_whole(added)


def test_a_figure_is_added_in_one_file():
    scope = {}
    exec(example("figure"), scope)
    figure = scope["SigmoidFigure"](z=-3)
    assert figure.picture(figure.state(z=0))["twin"] == "At z = 0.0 the sigmoid is 0.500."
    assert figure.picture(figure.state(z=0))["shapes"] != figure.picture(figure.state(z=1))["shapes"]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)", README))))
def test_what_is_linked_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("chapter", sorted(path.stem for path in ROOT.glob("solutions/*.ipynb")))
def test_every_chapter_stands_in_the_table(chapter):
    assert f"(notebooks/{chapter}.ipynb)" in README


def test_every_room_stands_in_the_house():
    house = README.partition("## The house")[2]
    for path in (ROOT / "utils").iterdir():
        if not path.name.startswith("_"):
            assert f"utils/{path.name}{'/' if path.is_dir() else ''} " in house
