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
from utils.bank.catalogue import Reader
from utils.bank.markdown import CatalogueError, Page, in_backticks, split
from utils.exercises import Choice, Derivation, Exercise, Row, Sheet
from utils.judge.bank import BANK, CHAPTERS, built, chapter_of, names, reader
from utils.reference import softmax, softmax_cross_entropy_gradient

FOLDER = Path(utils.bank.__file__).parent
PAGES = sorted(FOLDER.glob("[0-9]*.md"))
KNOWN = names()

README = (FOLDER / "README.md").read_text(encoding="utf-8")
FUNCTION = re.search(r"<!-- example -->\n````markdown\n(.*?)````", README, re.DOTALL)[1]
CHOICE, SHEET, DERIVATION = (
    f"## {part}"
    for part in re.split(r"^## ", (Path(__file__).parent / "page.md").read_text(encoding="utf-8"), flags=re.M)[1:]
)


# Parts of them.
KIND, HEADS, TABLE = "Function of `theta`, `y`", "| Mistake | What was written | What is said |", "|---|---|---|\n"
FACTS = f"{KIND} · 6 minutes · level 2 · inputs `batches(logits_and_targets)`\n"
SIGN = "Every entry has the wrong sign: the gradient points uphill."
CANNOT = "The entries sum to 0, so $\\hat y$ cannot rise in all."
WRITES = "The values are right, but `y -= ...` writes into the caller's targets.\n"


@pytest.fixture
def page(tmp_path):
    """Writes a page of chapter 2a_3 and reads it."""

    def exercises(*parts):
        file = tmp_path / "2a_3.md"
        file.write_text("# 2a_3\n\nA chapter.\n\n" + "\n".join(parts), encoding="utf-8")
        return list(Reader(file, KNOWN).entries().values())

    return exercises


def exercise(page, *parts):
    return built(page(*parts)[-1])


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
        assert verdict.message == mistake.feedback
    for right in (asked.reference, *asked.accepts):
        assert asked.check(right).state == "right"
    family = [m.feedback for m in asked.mistakes if m.slug == "epsilon-patch"]
    assert family == ["Without the 1e-06 it is exact.", "Without the 1e-08 it is exact."]


@pytest.mark.parametrize(
    ("block", "count"),
    [
        ("y_hat - y\nsoftmax(theta) - 2 * y\n", 2),  # each expression is a variant, and may use the steps
        ("dtheta = y_hat - 2 * y\ndtheta = softmax(theta) - y\n", 2),  # and so is what begins where a step comes again
        ("y_hat = theta\ndtheta = y_hat - y\n", 1),
        ("p = softmax(theta)\np - y\n", 1),
        ("y_hat = 1 * softmax(theta)\ny_hat - y\n", 1),
        ("for c in (1, 2):\n    y_hat - c * y\n    c * y_hat - y\n", 4),
        ("y_hat - 2 * y\ndtheta = y_hat\ndtheta = -y\n\ndef one(theta, y):\n    return y\n", 4),
        ("def one(theta, y):\n    return y\n\ndef two(*given):\n    return -given[1]\n", 2),
        ("for a in (theta, softmax(theta)):\n    a - 2 * y\n", 2),
    ],
)
def test_what_a_block_can_hold(page, block, count):
    asked = exercise(
        page, FUNCTION.replace("### Also right", f"### other\n```python\n{block}```\nOther.\n\n### Also right")
    )
    found = [mistake.formula for mistake in asked.mistakes if mistake.slug == "other"]
    assert len(found) == count
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
    assert [option.label for option in asked.options] == ["Only that of class 1", "All of them, |z| of each"]
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


# A page, what is changed in it, the line (0 of the exercise's heading) that is told of, and what is said: found … fits.
F, C, S, D = FUNCTION, CHOICE, SHEET, DERIVATION
WRONG = [
    # headings
    (F, "`2a_3.gradient`", "`2b_1.gradient`", 0, "is no exercise of chapter 2a_3 … `2a_3.name`"),
    (F, "## The", "# The", 0, "a heading above the first exercise … '##'"),
    (F, "### Hints", "#### Hints", 28, "the heading 'Hints' of level 4 … '###'"),
    (F, "### Hints", "### hints", 28, "'hints' is no part of 2a_3.gradient … 'Hints'"),
    (F, "### changed-arguments", "### changed arguments", 15, "is no part of 2a_3.gradient … without spaces"),
    (F, "### Also right", "### changed-arguments", 23, "a second heading in 2a_3.gradient, 'chan … line 20"),
    (F + F, "x", "x", 35, "a second exercise '2a_3.gradient' … line 5"),
    # facts
    (F, FACTS, "", 0, "no line of facts … 5 minutes"),
    (F, KIND, "Function of theta, y", 2, "is no kind … Function of `theta`, `y`"),
    (F, " · 6 minutes", "", 2, "no minutes told … '5 minutes'"),
    (F, "6 minutes", "six minutes", 2, "'six minutes' is no fact … '5 minutes'"),
    (F, "6 minutes", "900 minutes", 2, "minutes is 900 … 1 to 30"),
    (F, "6 minutes", "6 minutes · 7 minutes", 2, "a second fact 'minutes' … line 7"),
    (F, "level 2", "level 2 · colour `3`", 2, "'colour' is no fact … 'silent'"),
    (F, "logits_and_targets", "logits_and_target", 2, "'logits_and_target' is no name … 'logits_and_targets'"),
    (F, "`batches(logits_and_targets)`", "`softmax`", 2, "the inputs of 2a_3.gradient stop with … A draw"),
    (F, "`batches(logits_and_targets)`", "`3`", 2, "inputs of type int … A function"),
    (F, "`batches(logits_and_targets)`", "`1 / 0`", 2, "`1 / 0` stops with ZeroDivisionError … value"),
    (F, " · inputs `batches(logits_and_targets)`", "", 2, "no inputs told … 'inputs `logits`'"),
    (F, "`theta`, `y` ·", "`y`, `theta` ·", 2, "is asked of (y, theta) … same order"),
    (F, "level 2", "level 2 · returns `dx`", 5, "'dx' is no step of 2a_3.gradient, and is said to be returned …"),
    (F, "level 2", "level 2 · like `2a_3.gradent`", 2, "no exercise that 2a_3.gradient can be … chapter"),
    (D, "`SAME_INDEX`", "`softmax`", 2, "setting of type function … A setting"),
    # Python
    (F, "y_hat = softmax(theta)  ", "print(theta)  ", 5, "`print(theta)` is no step … name = "),
    (F, "y -= softmax(theta)", "y -= = softmax", 18, "'y -= = softmax' does not compile … Python"),
    (F, "`softmax(theta) - y`", "`(softmax(theta) - y`", 12, "'(softmax(theta) - y' does not compile … Python"),
    (F, "softmax(theta) / len(theta) - y / len(theta)\n", "", 25, "an empty block … Lines"),
    (F, "softmax(theta) / len(theta) - y / len(theta)", "del y", 25, "no part of an answer: del y … 'def'"),
    (F, "`dtheta = (y - y_hat)", "`dthta = (y - y_hat)", 11, "'dthta' is no step … 'dtheta'"),
    (F, "softmax(theta) - y`", "sofmax(theta) - y`", 12, "'sofmax' is no name … 'softmax'"),
    (F, "    return -y /", "    return -wrong /", 19, "'wrong' is no name … argument"),
    (F, "def changes_y(theta, y)", "def changes_y(theta)", 17, "`changes_y` takes (theta) … (theta, y)"),
    (F, "1e-8): (softmax(theta) + eps - y)", "1e-8): dtheta = (y)", 13, "more than expressions … 'for name in"),
    (F, "Without the {eps} it", "Without the {epsilon} it", 13, "{epsilon} in a text of 2a_3.gradient … for epsilon"),
    (F, "| epsilon-", "| b | `dtheta = (y - y_hat) / N` | W. |\n| epsilon-", 13, "what stands in line 16 already …"),
    (F, "dtheta = (y - y_hat) / N", "dtheta = (y_hat - y) / N", 11, "what stands in line 7 already …"),
    # mistakes
    (F, WRITES, "", 17, "has no words … below the block"),
    (F, WRITES, "- steps: `dtheta`\n", 21, "a list below the mistake 'changed-arguments' … Words"),
    (F, f" {SIGN} ", " ", 11, "has no words … third cell"),
    (F, "`dtheta = (y - y_hat) / N`", "a sign", 11, "has no formula … backticks"),
    (F, "### Also right\n", "### other\nWords.\n\n### Also right\n", 23, "has no formula … block"),
    (F, "| sign |", "| a sign |", 11, "'a sign' is no name … no spaces"),
    (F, "| What is said |", "| Told |", 9, "a table of Mistake | What was written | Told … What is said"),
    # Markdown
    (F, TABLE, "", 9, "a table without its second line … '|---|---|'"),
    (F, "uphill. |", "up | hill. |", 11, "4 cells in a table of 3 columns … '\\|'"),
    (F, "len(theta)\n```\nThe", "len(theta)\nThe", 16, "a block that does not end … ```"),
    (F, "`y -= ...`", "`y -= ...", 21, "an odd number of ` in 'The values … pairs"),
    (F, "### Hints", "> Words.\n\n### Hints", 28, "a blockquote … Headings, paragraphs"),
    (F, "2. $J$ is", "   - $J$ is", 29, "more than a paragraph … one paragraph"),
    # hints, and what to notice
    (F, "3. One division, in the right brackets, is left.\n", "", 28, "has 2 hints … list of 3"),
    (F, "1. One row first: which vector", "One.\n\n1. Which vector", 29, "a paragraph and a list … A list"),
    (D, "### What to notice\nIt is negative.\n", "", 0, "says nothing … What to notice"),
    # choices
    (C, "`all`", "`true`", 9, "a second answer of 2a_3.direction, 'true' … line 13"),
    (C, "| `all` |", "| all |", 9, "is no answer of 2a_3.direction … `slug` words"),
    (C, "| All of them, \\|z\\| of each |", "| |", 9, "is no answer of a choice … | `slug` |"),
    (C, "**`true`**", "`true`", 6, "no answer of 2a_3.direction is right … **`slug`**"),
    (C, "`all`", "**`all`**", 9, "a second right answer of 2a_3.direction, 'all' … bold"),
    (C, "### Hints", "### other\nWords.\n\n### Hints", 11, "'other' is no part of 2a_3.direction … 'Hints'"),
    (C, "Which logits does a step raise, with $|z|$?\n", "", 5, "a table below … A paragraph and a table"),
    # sheets
    (S, "- `()` That", "- `(N,)` That", 12, "'(N,)' is no answer of row 'x' … '()'"),
    (S, "- `()` a", "- () a", 7, "is no answer … '- `slug`"),
    (S, "`()` That", "`(N, D)` That", 12, "a second answer of row 'x', '(N, D)' … line 16"),
    (S, " That is one number.", "", 12, "nothing is said of '()' … Words"),
    (S, S[S.index("### x") : S.index("### Hints")], "", 0, "has no row … '### name'"),
    # derivations
    (D, "D(-log(y_hat[i]), theta[i])\ny_hat[i] - 1\n```", "```", 5, "has one line … question"),
    (D, "`SAME_INDEX`", "`SAME_INDEX` · steps 99", 2, "steps is 99, and the right derivations of 2a_3.same_index …"),
    (D, "`SAME_INDEX`", "`SAME_INDEX` · steps 0", 2, "steps is 0 … 2 would fit"),
    (D, "1. One.", "1. It is {x}.", 27, "{x} in a text of 2a_3.same_index … for x in"),
    (D, "**`1 - y_hat[i]`**", "`1 - y_hat[i]`", 18, "no wrong lines below 'With a slip' … **`line`**"),
    (D, "- lost-minus: ", "- ", 18, "below 'With a slip' … - lost-minus:"),
    (D, "`D(J, theta[i])` = `D(-", "`D(J, theta[i])`, `D(-", 15, "is no derivation … `line` = `line`"),
]


@pytest.mark.parametrize(("text", "old", "new", "line", "said"), WRONG, ids=[wrong[-1] for wrong in WRONG])
def test_a_wrong_page_says_where_what_was_found_and_what_fits(page, text, old, new, line, said):
    assert old in text
    with pytest.raises(CatalogueError) as caught:
        exercise(page, text.replace(old, new, 1))
    error, (found, _, fits) = caught.value, said.partition(" …")
    assert str(error) == f"{error.file}, line {error.line}: {error.found}. {error.fits}"
    assert error.file.name == "2a_3.md"
    assert error.line == line + 5  # the page begins with a title of its own
    assert found in error.found and fits.strip() in error.fits


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("D(-log(y_hat[i]), theta[i])\ny_hat", "D(-log(y_hat[i]), \ny_hat", 7),
        ("`y_hat[k]`", "`y_hat[`", 13),
        ("**`1 - y_hat[i]`**", "**`1 - q[i]`**", 19),
    ],
)
def test_a_line_of_a_derivation_that_cannot_be_read_is_told(tmp_path, old, new, line):
    file = tmp_path / "2a_3.md"
    file.write_text(DERIVATION.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError, match=f"2a_3.md, line {line}: `.*` of 2a_3.same_index cannot be read: .*fit"):
        Reader(file, KNOWN).check_derivations()


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_line_of_every_derivation_can_be_read(chapter):
    reader(chapter).check_derivations()


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
    """The Python of a page, each piece in its line: fenced blocks, and what was written in tables of mistakes."""
    lines = [""] * (file.read_text(encoding="utf-8").count("\n") + 1)
    for _, blocks in split(Page(file).blocks(), "h2")[1:]:
        for block in blocks if blocks[0].text.startswith("Function") else ():
            rows = block.items[1:] if block.kind == "table" else ()
            cells = [(line, code) for line, row in rows for code in in_backticks(row[1])]
            for line, code in [(block.line, block.text)] if block.kind == "code" else cells:
                for number, text in enumerate(code.rstrip("\n").split("\n"), line - 1):
                    lines[number] += ("; " if lines[number] else "") + text  # several cells of one row
    return "\n".join(lines)


def test_ruff_has_nothing_to_say_of_the_blocks(tmp_path):
    known = {"N"}  # the reader asks for names, page by page
    for file in PAGES:
        tree = ast.parse(python(file))
        (tmp_path / f"{file.stem}.py").write_text(python(file), encoding="utf-8")
        known |= {*names(), *(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))}
    ignored = "B015,B018,B023,E3,E501,E70,F811,I,RUF005,W"
    settings = ["--select", "E,F,W,B,UP,SIM,RUF", "--ignore", ignored, "--config", f"builtins = {sorted(known)}"]
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", *settings, str(tmp_path)]
    done = subprocess.run(ruff, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
