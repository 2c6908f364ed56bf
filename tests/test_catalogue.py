"""The bank as text: what the catalogue's form means, and what is said of a page that is wrong."""

import ast
import functools
import inspect
import re
import subprocess
import sys
import traceback
from pathlib import Path
from random import Random

import numpy as np
import pytest

import utils.bank
from tests.pages import sections
from utils.bank.catalogue import Reader
from utils.bank.markdown import CatalogueError, Page, in_backticks, split
from utils.exercises import Choice, Derivation, Exercise, Row, Sheet
from utils.judge.bank import BANK, CHAPTERS, built, chapter_of, names
from utils.reference import softmax, softmax_cross_entropy_gradient

FOLDER = Path(utils.bank.__file__).parent
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
KNOWN = names()
HERE = Path(__file__).parent


README = (FOLDER / "README.md").read_text(encoding="utf-8")
FUNCTION = re.search(r"<!-- example -->\n````markdown\n(.*?)````", README, re.DOTALL)[1]
_, CHOICE, SHEET, DERIVATION = re.split("^(?=## )", (HERE / "page.md").read_text(encoding="utf-8"), flags=re.M)
EXAMPLES = {"Function": FUNCTION, "Choice": CHOICE, "Sheet": SHEET, "Derivation": DERIVATION}
# Parts of the first.
HEADS, TABLE = "| Mistake | What was written | What is said |", "|---|---|---|\n"


@pytest.fixture
def page(tmp_path):
    """Writes a page of chapter 2a_3, and gives what reads it."""

    def reading(*parts):
        file = tmp_path / "2a_3.md"
        file.write_text("# 2a_3\n\nA chapter.\n\n" + "\n".join(parts), encoding="utf-8")
        return Reader(file, KNOWN)

    return reading


def exercise(page, *parts):
    return built([*page(*parts).entries().values()][-1])


def slugs(asked):
    return [mistake.slug for mistake in asked.mistakes]


def test_a_function_has_its_facts_its_program_and_its_texts(page):
    asked = exercise(page, FUNCTION)
    assert isinstance(asked, Exercise)
    assert (asked.id, asked.title) == ("2a_3.gradient", "The gradient, for a batch")
    assert (asked.minutes, asked.level) == (6, 2)
    assert {case.arguments["theta"].ndim for case in asked.inputs(np.random.default_rng(0))} == {2}
    assert asked.steps.splitlines()[1] == r"dtheta = (y_hat - y) / N  # $\partial J/\partial\theta$"
    assert asked.hints[1] == "$J$ is the *mean* over the rows." and len(asked.hints) == 3
    assert asked.notice.startswith("Every row sums to 0")


def test_the_right_program_is_the_reference_unless_one_is_named(page):
    theta, y = np.array([[1.0, 0.0, -1.0], [2.0, 2.0, 0.0]]), np.eye(3)[[1, 0]]
    right = exercise(page, FUNCTION).reference
    assert np.allclose(right(theta, y), softmax_cross_entropy_gradient(theta, y))
    assert np.allclose(right(theta[0], y[0]), softmax(theta[0]) - y[0])  # a single row is a batch of one
    named = FUNCTION.replace(" · inputs", " · reference `softmax_cross_entropy_gradient` · inputs")
    assert exercise(page, named).reference is softmax_cross_entropy_gradient


def test_every_wrong_answer_is_called_by_its_name_and_every_right_one_passes(page):
    asked = exercise(page, FUNCTION)
    assert slugs(asked) == ["sign", "no-1/N", "no-1/N", "epsilon-patch", "epsilon-patch", "changed-arguments"]
    for mistake in asked.mistakes:
        verdict = asked.check(mistake.formula)
        assert (verdict.state, verdict.mistake) == ("wrong", mistake.slug)
        message = re.sub(r" A small change in line [\d, or]+ makes every result right\.$", "", verdict.message)
        assert message == mistake.feedback
    for right in (asked.reference, *asked.accepts):
        assert asked.check(right).state == "right"
    family = [m.feedback for m in asked.mistakes if m.slug == "epsilon-patch"]
    assert family == ["Without the 1e-06 it is exact.", "Without the 1e-08 it is exact."]


@pytest.mark.parametrize(("title", "block"), [*sections("blocks.md").items()])
def test_what_a_block_can_hold(page, title, block):
    (code,) = block
    asked = exercise(
        page, FUNCTION.replace("### Also right", f"### other\n```python\n{code.text}```\nOther.\n\n### Also right")
    )
    found = [mistake.formula for mistake in asked.mistakes if mistake.slug == "other"]
    assert len(found) == int(title.partition(":")[0])
    theta, y = np.array([[1.0, 0.0, -1.0], [2.0, 2.0, 0.0]]), np.eye(3)[[1, 0]]
    assert all(np.shape(formula(theta, y)) == (2, 3) for formula in found)


def test_words_that_differ_stand_below_their_own_blocks(page):
    blocks = "### other\n```python\ny_hat\n```\nFirst.\n```python\ntheta\n```\nSecond, in\ntwo lines.\n\n### Also right"
    asked = exercise(page, FUNCTION.replace("### Also right", blocks))
    assert [m.feedback for m in asked.mistakes if m.slug == "other"] == ["First.", "Second, in two lines."]


def test_more_can_be_told_of_a_mistake(page):
    cells = {TABLE: f"|---{TABLE}", HEADS: f"{HEADS} steps |", "uphill. |": "uphill. | `dtheta` |"}
    cells |= {"only $1/N$. |": "only $1/N$. | |", "exact. |": "exact. | |"}
    asked = exercise(page, functools.reduce(lambda text, cell: text.replace(*cell), cells.items(), FUNCTION))
    assert {m.slug: m.steps for m in asked.mistakes if m.steps} == {"sign": ("dtheta",)}


def test_an_exercise_like_another_one_has_its_mistakes_and_may_say_other_words(page):
    second = FUNCTION.replace("2a_3.gradient", "2a_3.again").replace("level 2", "level 3 · like `2a_3.gradient`")
    table = re.compile(r"\| no-1/N.*\n\| epsilon-patch.*\n")
    second = table.sub("", second).replace("the gradient points uphill", "look at the sign")
    asked = exercise(page, FUNCTION, second)
    assert slugs(asked) == ["no-1/N", "no-1/N", "epsilon-patch", "epsilon-patch", "sign", "changed-arguments"]
    assert "look at the sign" in next(m.feedback for m in asked.mistakes if m.slug == "sign")


def test_a_choice(page):
    asked = exercise(page, CHOICE)
    assert isinstance(asked, Choice) and asked.right == "true"
    assert asked.question == "Which logits does a step raise, with $|z|$?" and asked.notice == "They cancel."
    assert [*asked.labels.values()] == ["Only that of class 1", "All of them, |z| of each"]
    assert asked.check("true").state == "right"
    assert asked.check("all").message == "The entries sum to 0, so $\\hat y$ cannot rise in all."


def test_a_sheet(page):
    asked = exercise(page, SHEET)
    assert isinstance(asked, Sheet)
    assert asked.labels == {"(N, D)": "(N, D)", "()": "a number"}
    assert asked.check(asked.solution).state == "right"
    told = "One row for each example."  # said of all that have no words of their own
    x = Row("x", "$x$, the inputs", "(N, D)", {"()": "That is one number."}, told, told)
    assert asked.rows == [x, Row("J", "$J$", "()", {}, "How many are left?")]


def test_a_derivation(page):
    asked = exercise(page, DERIVATION)
    assert isinstance(asked, Derivation) and asked.setting is KNOWN["SAME_INDEX"]
    assert (asked.question, asked.answer) == ("D(-sum(y[j] * log(y_hat[j]), j), theta[i])", "y_hat[i] - 1")
    assert [text.count("\n") for text in asked.accepts] == [2, 2] and asked.given == "= y_i  % A1\n"
    traps = [("other-index-used", "y_hat[i]"), ("other-index-used", "y_hat[k]")]
    assert [(trap.slug, trap.text) for trap in asked.traps] == traps
    assert [(wrong.slug, wrong.line) for wrong in asked.mistakes] == [("lost-minus", 2), ("other-index-used", 2)]
    assert asked.mistakes[0].text == "D(J, theta[i])\n1 - y_hat[i]\ny_hat[i] - 1"
    assert all(asked.check(text).state == "right" for text in asked.accepts)
    assert all(asked.check(wrong.text).state == "wrong" for wrong in asked.mistakes)


def test_a_traceback_points_into_the_page_and_the_source_can_be_read_as_that_of_any_function(page):
    broken = FUNCTION.replace("dtheta = (y - y_hat) / N", "dtheta = (y - y_hat) @ y / N")
    sign, *_, changes = exercise(page, broken).mistakes
    assert inspect.getsource(changes.formula).startswith("def changes_y(theta, y):\n    y -= softmax(theta)\n")
    assert inspect.getsource(sign.formula).splitlines() == [
        "def gradient(theta, y):",
        "    N = rows(theta)",
        "    y_hat = softmax(theta)",
        "    dtheta = (y - y_hat) @ y / N",
        "    return dtheta",
    ]
    with pytest.raises(ValueError, match="matmul") as caught:
        sign.formula(np.ones((2, 3)), np.ones((2, 3)))
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (Path(last.filename).name, last.line) == ("2a_3.md:16", "dtheta = (y - y_hat) @ y / N")


# ---- a page that is wrong


def wrong_pages():
    """(text of an example, what is changed in it, to what, the line below its heading that is told, what is said)."""
    for kind, pages in sections("wrong_pages.md").items():
        for heading, (diff,) in split(pages, "h3")[1:]:
            line, _, said = heading.text.removeprefix("Line ").partition(": ")
            changed = [(row[:1], f"{row[2:]}\n") for row in diff.text.splitlines()]
            old, new = ("".join(row for mark, row in changed if mark in marks) for marks in (" -", " +"))
            yield pytest.param(EXAMPLES[kind], old, new, int(line), said, id=said)
    second = "a second exercise '2a_3.gradient' … line 5"
    yield pytest.param(EXAMPLES["Function"], "", EXAMPLES["Function"], 35, second, id=second)


@pytest.mark.parametrize(("text", "old", "new", "line", "said"), list(wrong_pages()))
def test_a_wrong_page_says_where_what_was_found_and_what_fits(page, text, old, new, line, said):
    assert old in text
    with pytest.raises(CatalogueError) as caught:
        page(text.replace(old, new, 1)).entries()
    error, (found, _, fits) = caught.value, said.partition(" …")
    assert str(error) == f"{error.file}, line {error.line}: {error.found}. {error.fits}"
    assert error.file.name == "2a_3.md"
    assert error.line == line + 5  # the page begins with a title of its own
    assert found in error.found and fits.strip() in error.fits


@pytest.mark.parametrize("seed", range(200))
def test_whatever_happens_to_a_page_it_is_read_or_says_in_which_line_it_is_wrong(page, seed):
    rng = Random(seed)
    lines = rng.choice([FUNCTION, CHOICE, SHEET, DERIVATION]).split("\n")
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    line, cut = lines[at], rng.randrange(len(lines[at]) + 1)
    changed = {
        "lost": [],
        "doubled": [line, line],
        "another": [lines[other]],
        "cut": [line[:cut]],
        "one character": [line[:cut] + rng.choice("`|*#-=().,:x1$ ") + line[cut + 1 :]],
        "moved in": [rng.choice(["    ", "> ", "- "]) + line],
        "without its marks": [line.strip("`|*#- ")],
    }
    lines[at : at + 1] = rng.choice([*changed.values()])
    try:
        exercise(page, "\n".join(lines))
    except CatalogueError as error:
        assert 1 <= error.line <= len(lines) + 5


# ---- the pages as they are


def test_a_page_is_read_when_its_chapter_is_first_asked_for():
    code = (
        "from utils.judge import bank; before = bank.exercises.cache_info().currsize; bank.get('00.one_hot');"
        "bank.BANK.of('00');"
        "assert '3_3.step' in bank.BANK; print(before, bank.exercises.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["0", "2"], done.stderr


def test_the_bank_is_a_mapping_by_id():
    assert [chapter for chapter in CHAPTERS if any(chapter_of(id) == chapter for id in BANK)] == list(CHAPTERS)
    assert len(BANK) == len(list(BANK)) and all(BANK[id].id == id for id in BANK)
    assert "2a_1.nothing" not in BANK and "" not in BANK and 3 not in BANK and None not in BANK


def python(file):
    """The Python of a page: fenced blocks, and what was written in tables of mistakes."""
    for head, blocks in split(Page(file).blocks(), "h2"):
        for block in blocks if not head or blocks[0].text.startswith("Function") else ():
            rows = block.items[1:] if block.kind == "table" else ()
            yield from (
                [block.text] if block.kind == "code" else [code for _, row in rows for code in in_backticks(row[1])]
            )


def test_ruff_has_nothing_to_say_of_the_blocks(tmp_path):
    known = {"N"}  # the reader asks for names, page by page
    for file in PAGES:
        source = "\n".join(python(file))
        (tmp_path / f"{file.stem}.py").write_text(source, encoding="utf-8")
        known |= {*names(), *(node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name))}
    ignored = "B015,B018,B023,E3,E501,E70,F811,I,RUF005,W"
    settings = ["--select", "E,F,W,B,UP,SIM,RUF", "--ignore", ignored, "--config", f"builtins = {sorted(known)}"]
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", *settings, str(tmp_path)]
    done = subprocess.run(ruff, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
