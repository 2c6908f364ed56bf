"""Decks: made from the masters, complete, legible, offline, and no solution before its time."""

import html
import json
import re
from functools import cache
from importlib.metadata import PackageNotFoundError
from itertools import pairwise

import pytest
from nbformat.v4 import new_notebook

from tests.pages import notebook, rows, sections
from utils.exercises import Choice, Sheet, get
from utils.judge.algebra import Setting
from utils.panels.derivation import EXHIBIT
from utils.teach.notebooks import ROOT, VERDICT, code_cells, is_solution, parse, read, secrets, squeeze
from utils.teach.slides import page
from utils.teach.slides.__main__ import main
from utils.teach.slides.cut import gist, in_formulas, slides

CHAPTERS = sorted(path.stem for path in ROOT.glob("solutions/[!.]*.ipynb"))
EVERY = pytest.mark.parametrize("chapter", CHAPTERS)
SHEETS = get("3_2.part_2a"), get("3_2.part_2b")
SLIDE_TYPES = {"slide", "subslide", "fragment", "-", "notes", "skip"}
SMALLEST_TEXT, SMALLEST_PICTURE = 20, 300  # of 720 pixels

# Reads all slides with all that comes on them, and measures in pixels: by how much anything leaves the margins of its
# page, and how near the lines of derivations come to each other.
MEASURE = """() => {
  Reveal.configure({ viewDistance: 1000 }); // what is far from the slide on show has a size, too
  return Reveal.getSlides().map(slide => {
    const page = slide.querySelector(".page"), frame = page.getBoundingClientRect(), style = getComputedStyle(page);
    const shown = [...page.querySelectorAll("*")].filter(e => !e.closest("mjx-assistive-mml"));
    const furthest = side => Math.max(...shown.map(e => e.getBoundingClientRect()[side])) - frame[side];
    const written = e => [...e.childNodes].filter(n => n.nodeType === Node.TEXT_NODE && n.data.trim());
    const lines = [...page.querySelectorAll(".part:has(> .step)")].map(line => line.getBoundingClientRect());
    return {
      title: page.querySelector("h1, h2").textContent,
      parts: [...page.querySelectorAll(".part")].map(part => part.textContent.trim()),
      size: parseFloat(style.fontSize),
      right: furthest("right") + parseFloat(style.paddingRight),
      bottom: furthest("bottom") + parseFloat(style.paddingBottom),
      smallest: Math.min(...shown.filter(e => written(e).length).map(e => parseFloat(getComputedStyle(e).fontSize))),
      raw: shown.filter(e => !e.closest("pre, code")).flatMap(written).filter(n => /\\$|\\\\[a-z]/.test(n.data)).length,
      pictures: [...page.querySelectorAll("img")].map(i => [i.alt, i.getBoundingClientRect().height]),
      gaps: lines.slice(1).map((line, i) => line.top - lines[i].bottom),
      torn: [...page.querySelectorAll(".row .right")].filter(answer => answer.getClientRects().length > 1).length,
      shrunk: [...page.querySelectorAll("td svg")].filter(x => x.clientWidth < x.width.baseVal.value - 1).length,
    };
  });
}"""
GO_TO = """selector => {
  const { h, v } = Reveal.getIndices(Reveal.getSlides().find(slide => slide.querySelector(selector)));
  Reveal.slide(h, v, -1);
}"""
LINES_SHOWN = """() => [...Reveal.getCurrentSlide().querySelectorAll(".part:has(.step)")]
  .filter(part => getComputedStyle(part).visibility === "visible").length"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """A folder with the deck of every chapter."""
    folder = tmp_path_factory.mktemp("decks")
    assert main(["--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def opened(browser, decks):
    """Opens a deck from its file, with every way to a network cut, and once for all tests. Gives the tab, with what it
    `asked` for on the way and the `problems` that it had."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.route(re.compile("^(?!file:|data:)"), lambda route: route.abort())

    @cache
    def opened(file):
        tab = context.new_page()
        tab.asked, tab.problems = [], []
        tab.on("request", lambda request: tab.asked.append(request.url))
        tab.on("requestfailed", lambda request: tab.problems.append(request.url))
        tab.on("pageerror", lambda error: tab.problems.append(str(error)))
        tab.goto(file.as_uri())
        tab.wait_for_function("() => window.Reveal?.isReady()")
        return tab

    def open_deck(name, *cut):
        """The deck of a chapter; or, of a name that is none, one of these slides."""
        file = decks / f"{name}.html"
        if cut:
            file.write_text(page.deck("A deck", cut), encoding="utf-8")
        tab = opened(file)
        tab.bring_to_front()
        return tab

    yield open_deck
    context.close()


@cache
def master(chapter):
    return parse(read(ROOT / "solutions" / f"{chapter}.ipynb"))


@cache
def deck(chapter):
    return slides(master(chapter))


def as_written(text):
    """The slides of a notebook of which this is the text; its cells are Markdown, but for those with an output."""
    cells = parse(notebook(text, kind="markdown")).cells
    for number, cell in enumerate(cells):
        cell.metadata.setdefault("slideshow", {"slide_type": "-" if number else "slide"})
    return slides(new_notebook(cells=cells))


def markup(slide):
    return "".join(part.html for part in slide.parts)


def plain(markup):
    """What can be read of HTML, a picture by its words."""
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r'<img [^>]*alt="([^"]*)">', r"\1", str(markup)))).strip()


def text(slide):
    return plain(markup(slide))


def derived(source, plain, state="wrong"):
    """The slide of a derivation: `source` below the first line of its cell, and above its output `plain`."""
    output = json.dumps({"exercise": "2b_1.symmetry", "state": state, "text/plain": plain})
    return as_written(f"# A\n# %% {output}\n%%derivation 2b_1.symmetry\n{source}")[-1]


def asked(chapter):
    """The exercises that a deck should ask: those that its master answers, in order, without what it skips."""
    for cell in code_cells(master(chapter)):
        told = [output.data[VERDICT] for output in cell.outputs if VERDICT in output.get("data", {})]
        in_deck = cell.metadata.get("slideshow", {}).get("slide_type") != "skip" and not is_solution(cell)
        if in_deck and told and told[0]["state"] == "right":
            yield get(told[0]["exercise"])


# Every chapter


@EVERY
def test_every_cell_of_a_master_says_what_becomes_of_it_in_a_lecture(chapter):
    types = {cell.id: cell.metadata.get("slideshow", {}).get("slide_type") for cell in master(chapter).cells}
    assert {id: kind for id, kind in types.items() if kind not in SLIDE_TYPES} == {}
    assert next(iter(types.values())) == "slide"


@EVERY
def test_every_exercise_is_a_turn_with_its_id_and_minutes_and_then_its_answer(chapter):
    turns = [(turn, after) for turn, after in pairwise(deck(chapter)) if turn.kind == "turn" != after.kind]
    told = [
        (turn.title, *re.match(r"Your turn · (\S+) · (\d+) minutes? · (●+)○*$", turn.above).groups())
        for turn, _ in turns
    ]
    assert told == [(each.title, each.id, str(each.minutes), "●" * each.level) for each in asked(chapter)]
    assert all((after.kind, after.title) == ("answer", turn.title) for turn, after in turns)
    marked = ['class="right"' in markup(after) for _, after in turns]
    assert marked == [isinstance(each, Choice | Sheet) for each in asked(chapter)]


@EVERY
def test_no_solution_can_be_read_on_the_slide_that_asks_or_in_its_notes(chapter):
    hidden = list(secrets(master(chapter)))
    turns = [slide for slide in deck(chapter) if slide.kind == "turn"]
    assert turns
    for turn in turns:
        shown = squeeze("\n".join([text(turn), *turn.notes]))
        assert [line for line, secret in hidden if secret in shown] == []
        assert 'class="right"' not in markup(turn)
        assert not re.search(r'\([\w, ]*,\n|\s"""$', text(turn), re.MULTILINE), "a shape in two lines"


@EVERY
def test_a_deck_holds_no_card_and_no_button_and_loads_nothing_that_does_not_lie_beside_it(chapter, decks):
    assert not re.search('class="workbook-(?!derivation|rows)|press the button', "".join(map(markup, deck(chapter))))
    source = (decks / f"{chapter}.html").read_text(encoding="utf-8")
    loaded = {link for link in re.findall(r'\b(?:src|href)="([^"]*)"', source) if not link.startswith("data:image/png")}
    assert len(loaded) == 6 and all((decks / link).is_file() for link in loaded)
    assert "http" not in (decks / "lib" / "deck.css").read_text(encoding="utf-8")


@EVERY
def test_a_room_can_read_every_slide_without_a_network(chapter, opened, decks):
    tab = opened(chapter)
    measured = tab.evaluate(MEASURE)
    assert len(measured) >= len(deck(chapter))
    for slide in measured:
        assert slide["right"] <= 1 and slide["bottom"] <= 1, f"runs off its slide: {slide}"
        assert slide["smallest"] >= SMALLEST_TEXT and slide["raw"] == 0, f"cannot be read: {slide}"
        assert slide["torn"] == slide["shrunk"] == 0, f"an answer in two lines, or a formula too small: {slide}"
        assert all(alt and height > SMALLEST_PICTURE for alt, height in slide["pictures"]), f"cannot be seen: {slide}"
        assert all(gap >= 12 for gap in slide["gaps"]), f"lines without a distance: {slide}"
    assert tab.problems == []
    assert all(url.startswith((decks.as_uri(), "data:")) for url in tab.asked)


# What a speaker does


def test_a_derivation_builds_up_line_by_line(opened):
    (answer,) = (c for c in code_cells(master("2a_3_softmax_cross_entropy_gradient")) if c.id == "same-index")
    steps = get("2a_3.same_index").read(answer.source.partition("\n")[2]).steps
    tab = opened("2a_3_softmax_cross_entropy_gradient")
    tab.evaluate(GO_TO, ".answer .step")
    counts = [tab.evaluate(LINES_SHOWN)]
    while tab.locator("section.present > .answer").count():
        tab.keyboard.press("PageDown")
        counts.append(tab.evaluate(LINES_SHOWN))
    grown = [after - before for before, after in pairwise(counts[:-1])]
    assert counts[0] == 1  # the question
    assert set(grown) >= {0, 1} and all(step <= 1 for step in grown)  # one line a key, at most
    assert sum(step == 1 for step in grown) == len(steps) - 1


def test_the_speaker_reads_every_formula_once(opened):
    (slide,) = as_written('## 1 · A\n\nShown.\n# %% {"slide": "notes"}\nOf $x$.')
    tab = opened("spoken", slide)
    with tab.expect_popup() as popup:
        tab.keyboard.press("s")
    formula = popup.value.locator(".speaker-controls-notes mjx-container").first
    formula.wait_for()
    assert formula.inner_text().strip() == "" and formula.locator("svg").count() == 1
    popup.value.close()


def test_the_answer_comes_one_key_after_the_question(opened):
    tab = opened("2a_1_softmax")
    tab.evaluate(GO_TO, ".turn .options")
    current = tab.locator("section.present > .page")
    assert "· 1 minute ·" in current.inner_text() and "✓" not in current.inner_text()
    tab.keyboard.press("PageDown")
    assert current.locator(".right").inner_text() == "Nothing at all ✓"


# How a page holds what stands on it


def test_a_slide_with_little_on_it_says_it_larger(opened):
    little, much = (as_written("## 1 · A\n\n" + "A sentence of ordinary length stands here.\n\n" * n) for n in (1, 8))
    few, many = opened("little and much", *little, *much).evaluate(MEASURE)
    assert few["size"] > 1.2 * many["size"] and len(many["parts"]) == 8


def test_a_slide_that_is_too_full_goes_on_under_the_same_title(opened):
    paragraphs = [f"Sentence {n} of ordinary length stands here." for n in range(30)]
    written = opened("too full", *as_written("## 1 · A\n\n" + "\n\n".join(paragraphs))).evaluate(MEASURE)
    assert len(written) > 1 and {slide["title"] for slide in written} == {"1 · A"}
    assert [part for slide in written for part in slide["parts"]] == paragraphs


def test_what_leads_on_goes_along_to_the_next_slide(opened):
    leads = "In numbers:", "With this, and so", "For any constant $c$,", "See:\n\n$$a = b,$$"
    line, last = "A line of its own.\n\n", "Last.\n\n"
    cuts = [
        as_written(f"## 1 · A\n\n{line * n}{end}\n\n$$b = c$$\n\n{last * 7}") for end in leads for n in range(1, 11)
    ]
    deck = opened("leads on", *(slide for cut in cuts for slide in cut))
    pages = [slide["parts"] for slide in deck.evaluate(MEASURE)]
    for leads in ("In num", "With t", "For an", "See:"):
        assert sum(parts[0].startswith(leads) for parts in pages) > 1  # what would have been the last of its slide
        assert not any(parts[-1].startswith((leads, "a=b")) for parts in pages)


def test_what_is_cut_repeats_its_choices_and_the_line_above(opened):
    deck = opened("3_2_proofreading").evaluate(MEASURE)
    asking = [slide["parts"] for slide in deck if any(part.startswith("right · sign") for part in slide["parts"])]
    rows = [[part for part in parts if re.match(r"[AB]\d+\s", part)] for parts in asking]
    assert len(asking) > 2 and all(rows) and sum(map(len, rows)) == sum(len(asked.rows) for asked in SHEETS)
    pages = [slide["parts"] for slide in deck if slide["title"] == "Mend A2 to A10"][1:]
    assert len(pages) > 1 and all(above[-1] == below[0] for above, below in pairwise(pages))


# How a notebook is cut


def told(slide):
    """The cells of its row in a table of slides.md."""
    on_it = " / ".join(f"{'+ ' * part.later}{plain(part.html)}" for part in slide.parts)
    row = f"{slide.kind}: {slide.title}", slide.above, on_it, " / ".join(slide.notes)
    return [" ".join(cell.split()) for cell in row]


@pytest.mark.parametrize("heading", sections("slides.md", "h3"))
def test_a_notebook_is_cut_as_its_table_says(heading):
    code, table = sections("slides.md", "h3")[heading]
    for slide, (_, row) in zip(as_written(code.text), table.items[1:], strict=True):
        for cell, wanted in zip(told(slide), row, strict=True):
            begins, more, _ = wanted.partition("…")
            assert cell.startswith(begins) if more else cell == wanted


def test_a_diagram_of_indented_lines_keeps_its_columns():
    diagram = "    x ──W1──▶ z\n    (D,)      (H,)"
    (slide,) = as_written(f"## 1 · A\n\nA picture.\n\n{diagram}\n\nAnd on.")
    assert "x ──W1──▶ z\n(D,)      (H,)" in text(slide) and "<pre" in slide.parts[1].html


# Derivations


def relations_and_reasons(slide):
    relations = re.findall(r"displaystyle (=|\\neq|)", markup(slide))
    return relations, re.findall(r'class="reason">(.*?)</div>', markup(slide))


def test_a_line_is_set_equal_to_the_line_above_only_where_it_is():
    lines = ["1 - sigma(z)", "1 + sigma(z)", "sigma(z) + 1", "sigma(-z)  # A4", "1 / (1 + exp(z))"]
    slide = derived("\n".join(lines), EXHIBIT)
    assert relations_and_reasons(slide) == (
        ["", r"\neq", "=", r"\neq", "="],
        ["✓", "✗", "↳", "A4 ✓ right again", "✓"],
    )


def test_what_does_not_multiply_is_neither_equal_nor_unequal():
    title, *cells = master("2b_3_input_gradient").cells
    shown = [title, next(cell for cell in cells if cell.id == "one-dot-demo")]
    slide = slides(new_notebook(cells=shown))[-1]
    assert relations_and_reasons(slide)[0] == ["", "=", "", ""]


@pytest.mark.parametrize(("reason", "typeset"), rows("How a reason is typeset"))
def test_what_a_reason_says_in_the_notation_of_lines_is_typeset(reason, typeset):
    setting = Setting({"z": (1, 1), "W2": (4, 3)}, {"y_hat": "sigma(z)"}, {"i": 3, "j": 4})
    assert in_formulas(reason, setting) == typeset


@pytest.mark.parametrize("chapter", [chapter for chapter in CHAPTERS if chapter[0] == "2"])
def test_no_reason_stands_beside_its_formula_in_the_letters_of_the_keyboard(chapter):
    reasons = [reason for slide in deck(chapter) for reason in relations_and_reasons(slide)[1]]
    bare = [re.sub(r"\$.*?\$", "", reason) for reason in reasons]
    assert [reason for reason in bare if re.search(r"\w_\w|\w\[|\*|\b(theta|sigma)\b", reason)] == []


def test_a_derivation_that_is_right_needs_no_marks_and_an_exhibit_nothing_but_marks():
    right = derived("1 - sigma(z)\nsigma(-z)", "", "right")
    exhibit = derived("1 - sigma(z)\nsigma(z)", f"{EXHIBIT}\n   1 ✓ 1 - sigma(z)\n   2 ✗ sigma(z)")
    assert not re.search("[✓✗↳]", text(right))
    assert "Not yet" not in text(exhibit) and len(exhibit.parts) == 2


# Words


@pytest.mark.parametrize("last", ["In numbers:", "Therefore, and so"])
def test_the_gist_of_a_long_paragraph_keeps_the_words_that_lead_on(last):
    long = "It is so. " + "Here is a great deal more about it than anybody would want to read. " * 4
    assert gist(long) in long and len(gist(long)) < len(long) / 1.5
    assert gist(f"{long}{last}") == f"{gist(long)} {last}"


def test_a_formula_can_be_broken_where_its_author_left_a_gap_and_never_from_its_word():
    (slide,) = as_written(
        r"## 1 · A"
        + "\n\n"
        + r"$$a = b, \qquad\text{so}\qquad c = d.$$"
        + "\n\nThe $n$-th (for $N$), (5, 5) or (N, D)."
    )
    assert re.findall(r"displaystyle (.*?)\$", markup(slide)) == ["a = b,", r"\text{so}\qquad c = d."]
    assert re.findall(r'"unbroken">(.*?)<', markup(slide)) == ["$n$-th", "$N$),", "(5, 5)", "(N, D)."]


# The command


def test_a_chapter_can_be_made_alone_is_the_same_every_time_and_stands_beside_those_made_before(
    decks, tmp_path, capsys
):
    for chapter in ("2a_1_softmax", "00_start_here"):
        assert main([chapter, "--out", str(tmp_path)]) == 0
        assert re.search(rf"{chapter}\.html\nOpen .*index\.html\n", capsys.readouterr().out)
        assert (tmp_path / f"{chapter}.html").read_bytes() == (decks / f"{chapter}.html").read_bytes()
    listed = re.findall(r'href="([^"]*)">([^<]*)</a>', (tmp_path / "index.html").read_text(encoding="utf-8"))
    assert listed == [("00_start_here.html", "Gradients by Hand"), ("2a_1_softmax.html", "2a_1 · Softmax")]
    assert {path.name for path in tmp_path.glob("*.html")} == {"index.html", *(file for file, _ in listed)}


def test_a_deck_without_exercises_asks_nothing_and_keeps_the_derivations():
    chapter = "2a_3_softmax_cross_entropy_gradient"
    kept, whole = slides(master(chapter), exercises=False), deck(chapter)
    steps, asked_steps = ("".join(map(markup, some)).count('class="step"') for some in (kept, whole))
    questions = sum(slide.kind == "turn" and 'class="step"' in markup(slide) for slide in whole)
    assert {slide.kind for slide in kept} == {"title", "text", "figure", "remember"}
    assert steps == asked_steps - questions
    assert "def gradient(" not in "".join(map(markup, kept)) and len(kept) < 0.7 * len(whole)


def test_without_the_extra_the_command_says_what_to_install(tmp_path, monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(page, "distribution", missing)
    with pytest.raises(SystemExit, match=r'pip install -e "\.\[lecture\]"'):
        main(["--out", str(tmp_path)])
