"""The workbook as its reader meets it: JupyterLab in a real, headless browser.

Chapter 2a_1 is opened and run, a wrong answer is typed and diagnosed by name, the right one is typed, hints and the
solution are pressed, a question is answered, a slider is dragged and moved by key, the page is opened again the next
day, and every kind of thing that is shown is looked at by the rules of axe.
"""

import re
import shutil
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

import utils
from tests.figures import FIGURES
from tests.lab import jupyterlab
from tests.pages import sections
from tests.test_every_figure import contrast
from utils.judge.algebra import TITLES
from utils.panels.spot_the_slip import deck

ROOT = Path(__file__).parents[1]
CHAPTER = "notebooks/2a_1_softmax.ipynb"
PATIENCE = 90_000  # ms; a busy machine is slow, not wrong
expect.set_options(timeout=PATIENCE)

SOFTMAX, SHIFT, FIGURE = '"2a_1.softmax"', '"2a_1.shift"', "logits_figure(softmax, c=800)"  # in cells of the chapter
WRONG = """@exercise("2a_1.softmax")
def softmax(theta):
    e = np.exp(theta)
    return e / e.sum(axis=-1, keepdims=True)"""
RIGHT = WRONG.replace("np.exp(theta)", "np.exp(theta - theta.max(axis=-1, keepdims=True))")
CHAIN = """%%derivation 2a_3.same_index
D(-sum(y[j] * log(y_hat[j]), j), theta[i])
D(-(theta[i] - log(sum(exp(theta[j]), j))), theta[i])
D(theta[i], theta[i]) - D(log(sum(exp(theta[j]), j)), theta[i])
-(1 - y_hat[i])
y_hat[i] - 1"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of the notebooks, with settings and progress of its own."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", home / "notebooks")
    with jupyterlab(home) as address:
        yield address


@pytest.fixture(scope="module")
def context(browser):
    """What all pages share: the cache too, so JupyterLab's scripts are compiled once."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture(scope="module")
def page(context, lab):
    """The chapter, opened and run once. Each test has cells of its own to type into."""
    page, problems = context.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    open_notebook(page, lab, CHAPTER)
    run_all(page)
    yield page
    assert not problems


def open_notebook(page, lab, path):
    """Open a notebook and wait for its kernel.

    The status bar tells when the kernel is connected; the notebook's own indicator says "idle" before there is one.
    Cells that are run in between are lost: JupyterLab starts a second kernel for them and drops what it had queued.
    """
    page.goto(f"{lab}/lab/tree/{path}?reset")
    page.locator(".jp-CodeCell").first.wait_for()
    page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle$")).wait_for()


def menu(page, *path):
    """Press a main menu's entry: menu(page, "Run", "Run All Cells")."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{path[0]}$")).click()
    for entry in path[1:]:
        page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(entry)}$")).click()


def run_all(page):
    """Run all cells, and wait. Outputs are cleared first: a copy has its numbers, [1], [2], ..., before it is run."""
    menu(page, "Edit", "Clear Outputs of All Cells")
    menu(page, "Run", "Run All Cells")
    waiting = page.locator(".jp-CodeCell .jp-InputPrompt").filter(has_not_text=re.compile(r"\d"))
    expect(waiting).to_have_count(0)
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts() == []


def cell(page, text):
    return page.locator(".jp-CodeCell", has_text=text).first


def answer(page, text, source):
    """Type a cell anew and run it, as a reader does, and wait until it has run."""
    prompt = cell(page, text).locator(".jp-InputPrompt").element_handle()
    before = prompt.inner_text()
    cell(page, text).locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)
    page.keyboard.press("Shift+Enter")
    now = "([prompt, before]) => /\\d/.test(prompt.textContent) && prompt.textContent !== before"
    page.wait_for_function(now, arg=[prompt, before])


def verdict(page, text, state):
    return in_sight(cell(page, text).locator(f'.workbook-verdict[data-state="{state}"]'))


def in_sight(locator):
    """Scroll to what is looked for: JupyterLab paints what is out of sight when it comes into sight, not before."""
    locator.wait_for()
    locator.scroll_into_view_if_needed()
    locator.page.wait_for_function("node => node.innerText !== ''", arg=locator.element_handle())
    return locator


def press(page, question, label):
    cell(page, question).get_by_role("button", name=label).click()


def pressed(page, question, label):
    """Wait until this answer, and no other, is pressed."""
    expect(cell(page, question).locator(".workbook-buttons [aria-pressed=true]")).to_have_text(re.compile(label))


def fits_a_phone(rows):
    """Whether all that is said in a table lies within its page where that is as narrow as a phone's."""
    return rows.evaluate("""node => {
      node.style.width = "270px";
      const edge = node.getBoundingClientRect().right + 1;
      return [...node.querySelectorAll("td")].every((cell) => cell.getBoundingClientRect().right < edge);
    }""")


def hear(page, words):
    page.wait_for_function("words => heard.some((said) => said.includes(words))", arg=words)


def pixels(figure):
    """What is on a figure's canvas."""
    return figure.locator("canvas").first.evaluate("canvas => canvas.toDataURL()")


def test_a_chapter_is_answered_and_played_with(page):
    # The wrong answer is called by its name.
    answer(page, SOFTMAX, WRONG)
    card = verdict(page, SOFTMAX, "wrong")
    assert "beyond what float64 can hold" in card.inner_text() and "nan" in card.inner_text()
    assert card.locator("mjx-container").count(), "the mathematics in the verdict is typeset"

    # Hints come one a press; the solution after a second one.
    assert not card.get_by_text("You may subtract any constant").is_visible()
    card.get_by_text("Hint 1 of 3").click()
    card.get_by_text("You may subtract any constant").wait_for()
    assert not card.get_by_text("For one row and for many alike").is_visible()
    card.get_by_text("Hint 2 of 3").click()
    card.get_by_text("For one row and for many alike").wait_for()
    press(page, SOFTMAX, "Solution")
    assert not cell(page, SOFTMAX).get_by_text("Why this works").count()
    press(page, SOFTMAX, "Show it: I have tried")
    cell(page, SOFTMAX).get_by_text("Why this works").wait_for()

    # The right one is right.
    answer(page, SOFTMAX, RIGHT)
    verdict(page, SOFTMAX, "right")

    # A question is answered by pressing, wrongly and rightly.
    press(page, SHIFT, "Each is multiplied")
    assert "sum to" in verdict(page, SHIFT, "wrong").inner_text()
    press(page, SHIFT, "Nothing at all")
    verdict(page, SHIFT, "right")

    # A slider is dragged, and then moved by key: the figure and its text twin follow.
    figure = cell(page, FIGURE).locator(".live-figure")
    twin, slider = figure.locator(".live-twin"), figure.locator("input[type=range]").first
    before, picture, box = in_sight(twin).inner_text(), pixels(figure), slider.bounding_box()
    start, end = ({"x": box["width"] * share, "y": box["height"] / 2} for share in (0.5, 0.9))
    slider.drag_to(slider, source_position=start, target_position=end, steps=12)
    expect(twin).not_to_have_text(before)
    assert pixels(figure) != picture
    dragged, value = twin.inner_text(), slider.input_value()
    slider.press("ArrowLeft")
    expect(twin).not_to_have_text(dragged)
    assert slider.input_value() != value

    # While the figure computes ahead, cells still print: nothing that a figure does swallows their output.
    slider.hover()
    answer(page, "powers = np.exp", 'print("heard", 6 * 7)')
    cell(page, 'print("heard"').locator(".jp-OutputArea-output", has_text="heard 42").wait_for()

    # The board at the end has followed.
    board = in_sight(cell(page, 'progress_board("2a_1")').locator(".workbook-board"))
    assert "2 of" in board.inner_text()
    assert fits_a_phone(board.locator(".workbook-rows"))


def test_a_derivation_is_judged_line_by_line_and_can_be_watched(page):
    asked, *lines = CHAIN.splitlines()
    answer(page, 'print("softmax  ', "from utils import derivation_scrubber, worked_derivation")
    answer(page, "agree = np.allclose", CHAIN)
    card = verdict(page, asked, "wrong")
    assert "lost-minus" in card.inner_text() and "Line 3" in card.inner_text()
    rows = cell(page, asked).locator(".workbook-derivation tr")
    assert [row.get_attribute("data-status") for row in rows.all()] == ["right", "right", "slip", "right", "right"]
    assert rows.first.locator("mjx-container").count(), "each line is typeset"
    assert fits_a_phone(cell(page, asked).locator(".workbook-rows"))

    lines[2] = f"-({lines[2]})"
    answer(page, asked, "\n".join([asked, *lines]))
    verdict(page, asked, "right")

    # The scrubber takes the lines that were judged last.
    answer(page, "softmax_at(theta, 0.01)", 'derivation_scrubber("2a_3.same_index")')
    scrubber = cell(page, "derivation_scrubber(")
    expect(scrubber.locator(".live-twin")).to_contain_text("Line 1 of 5")
    scrubber.locator("input[data-name=line]").press("End")
    expect(scrubber.locator(".live-twin")).to_contain_text(re.compile("Line 5 of 5.*no line stands off"))


# What a screen reader says, of the regions that speak of what was done; of a busy machine others do.
HEAR = """() => {
  window.heard = [];
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const element = target.nodeType === 1 ? target : target.parentElement;
      const region = element?.closest("[role=status]:not(.live-trouble)");
      if (region?.textContent) heard.push(region.textContent);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
# What is said of five quick steps of a slider. The page itself waits, for as long as a figure does until it speaks.
STEPS = """async (slider) => {
  const pass = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  await pass(700);
  heard.splice(0);
  for (let step = 0; step < 5; step++) {
    slider.stepDown();
    slider.dispatchEvent(new Event("input"));
    await pass(20);
  }
  await pass(700);
  return heard.splice(0);
}"""
# Keeps shortcuts off. Notebook, which hears a key before the page does, looks for it on the focused element first.
NOT_YOURS = "data-lm-suppress-shortcuts"
BACKGROUND = """node => {
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  pen.fillStyle = getComputedStyle(node).backgroundColor;
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((byte) => byte / 255);
}"""


def test_by_keyboard_answers_are_pressed_heard_and_seen_and_letters_stay_where_they_are_typed(page):
    page.evaluate(HEAR)
    group = cell(page, SHIFT).get_by_role("group", name=re.compile("Every logit of a row grows by 10"))
    button = group.get_by_role("button", name="Each is multiplied")
    button.focus()
    cells = page.locator(".jp-Cell").count()
    page.keyboard.press("b")
    page.keyboard.press("Space")
    pressed(page, SHIFT, "Each is multiplied")
    hear(page, "sum to")
    page.keyboard.press("d")
    page.keyboard.press("d")
    assert page.locator(".jp-Cell").count() == cells
    assert button.evaluate("node => node === document.activeElement")
    expect(button).to_have_attribute(NOT_YOURS, "")
    assert contrast(*(group.get_by_role("button").nth(i).evaluate(BACKGROUND) for i in range(2))) > 1.6
    answer(page, SOFTMAX, WRONG)
    hear(page, "float64")

    # A figure says what changed, once the finger rests. Its pictures are there, so nothing waits for Python.
    figure = cell(page, FIGURE).locator(".live-figure")
    twin, slider = figure.locator(".live-twin"), figure.locator("input[type=range]").first
    for _ in range(5):
        before = in_sight(twin).inner_text()
        slider.press("ArrowRight")
        expect(twin).not_to_have_text(before)
    expect(slider).to_have_attribute(NOT_YOURS, "")
    verdicts = [said for said in page.evaluate("heard") if said.startswith("Not yet: ")]
    assert len(verdicts) == 2, "a verdict is heard once a run"
    assert len(slider.evaluate(STEPS)) == 1

    # In the games the focus stays after a wrong line, and goes to the first line of the next round.
    answer(page, 'print("never below', "from utils import spot_the_slip\nspot_the_slip(5)")
    game = cell(page, "spot_the_slip(5)")
    game.get_by_role("button", name="line 1", exact=True).focus()
    page.keyboard.press("Enter")
    expect(game.get_by_role("button", name="✓ line 1", exact=True)).to_be_focused()
    hear(page, "Not here: line 1 is the question itself.")
    assert len(page.evaluate("heard")) == 1
    puzzle = deck(5)[0]
    game.get_by_role("button", name=f"line {puzzle.wrong.line}", exact=True).press("Enter")
    game.get_by_role("button", name=TITLES[puzzle.wrong.slug], exact=True).press("Enter")
    game.get_by_role("button", name="Next round").press("Enter")
    game.get_by_text("Round 2 of 10").wait_for()
    expect(game.get_by_role("button", name="line 1", exact=True)).to_be_focused()


def test_a_figure_that_is_scrolled_away_and_back_shows_what_it_showed(page):
    figure = cell(page, "logits_figure(softmax_of_one_row)").locator(".live-figure")
    twin, slider = figure.locator(".live-twin"), figure.locator("input[type=range]").first
    in_sight(twin)
    slider.press("End")
    expect(twin).to_contain_text("cat +5.0")
    said, picture = twin.inner_text(), pixels(figure)

    in_sight(cell(page, 'progress_board("2a_1")').locator(".workbook-board"))
    page.wait_for_function("node => node.getBoundingClientRect().bottom < 0", arg=figure.element_handle())

    in_sight(twin)
    assert (twin.inner_text(), slider.input_value()) == (said, slider.get_attribute("max"))
    slider.scroll_into_view_if_needed()
    page.wait_for_function(
        "([canvas, picture]) => canvas.toDataURL() === picture",
        arg=[figure.locator("canvas").first.element_handle(), picture],
    )
    slider.press("Home")
    expect(twin).to_contain_text("cat −5.0")
    assert pixels(figure) != picture


def test_a_figure_follows_a_finger_lets_it_scroll_and_stays_sharp_when_the_page_is_zoomed(page):
    answer(page, "theta = (1000, 999, 0)", "from utils import simplex_compass\nsimplex_compass()")
    figure = cell(page, "simplex_compass()").locator(".live-figure")
    twin, handle, canvas = (figure.locator(f".live-{part}") for part in ("twin", "handle", "canvas"))
    figure.evaluate("node => node.scrollIntoView({ block: 'center' })")
    touch = page.context.new_cdp_session(page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True})

    def swipe(beside, by, steps=8):
        """A finger is put down so far beside the handle, moved and lifted. Returns where the figure was."""
        handle.click(trial=True)  # waits until nothing moves any more
        box = figure.bounding_box(), handle.bounding_box()
        middle = box[1]["x"] + box[1]["width"] / 2 + beside, box[1]["y"] + box[1]["height"] / 2
        for step in range(steps + 1):
            x, y = (a + b * step / steps for a, b in zip(middle, by, strict=True))
            kind = "touchMove" if step else "touchStart"
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        return box[0]["y"]

    # Beside the handle a finger scrolls.
    said = twin.inner_text()
    top = swipe(30, (0, -160))
    page.wait_for_function(
        "([node, top]) => node.getBoundingClientRect().y < top - 80", arg=[figure.element_handle(), top]
    )
    assert twin.inner_text() == said

    # On the handle it does not.
    top = swipe(0, (40, -30))
    expect(twin).not_to_have_text(said)
    assert abs(top - figure.bounding_box()["y"]) < 2

    width = canvas.evaluate("node => node.width")
    zoom = {"width": 1270, "height": 1000, "deviceScaleFactor": 2, "mobile": False}
    touch.send("Emulation.setDeviceMetricsOverride", zoom)
    page.wait_for_function("([node, width]) => node.width > 1.9 * width", arg=[canvas.element_handle(), width])
    touch.detach()


def test_a_workbook_that_is_opened_again_the_next_day_shows_what_was_there_and_how_to_wake_it(page, lab):
    answer(page, SOFTMAX, WRONG)
    verdict(page, SOFTMAX, "wrong")
    for label, state in (("Nothing at all", "right"), ("Each is multiplied", "wrong")):
        press(page, SHIFT, label)
        verdict(page, SHIFT, state)
    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    for session in page.request.get(f"{lab}/api/sessions").json():
        page.request.delete(f"{lab}/api/sessions/{session['id']}")

    # A press that nobody hears says so, and changes nothing.
    press(page, SHIFT, "Nothing at all")
    cell(page, SHIFT).locator(".workbook-trouble", has_text="Not counted").wait_for()
    pressed(page, SHIFT, "Each is multiplied")

    open_notebook(page, lab, CHAPTER)
    assert "beyond what float64 can hold" in verdict(page, SOFTMAX, "wrong").inner_text()
    in_sight(cell(page, SHIFT).locator(".workbook-still li", has_text="(your answer)"))
    assert "Each is multiplied" in cell(page, SHIFT).locator(".workbook-still strong").inner_text()
    verdict(page, SHIFT, "wrong")
    figure = cell(page, FIGURE)
    figure.locator("img").wait_for()
    # JupyterLab's own message about widgets that died with their kernel gives way to what to do.
    dead = figure.locator(".jp-OutputArea-output.jupyter-widgets").first
    dead.wait_for(state="attached")
    said = dead.evaluate("node => [getComputedStyle(node).visibility, getComputedStyle(node, '::after').content]")
    assert said[0] == "hidden" and "Run All Above" in said[1]

    run_all(page)
    in_sight(figure.locator(".live-twin"))
    pressed(page, SHIFT, "Each is multiplied")


AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "rules": {"image-alt": {"enabled": False}},  # JupyterLab leaves out what an output says of its picture
}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}  # all that a theme changes
PALE = '<p style="color:#bbb;background:#fff">pale words</p>'
PLANTED = [(f"JupyterLab {theme}", "color-contrast", PALE) for theme in ("Light", "Dark")]  # so axe does look
FOUND = f"""import sys
import numpy as np
import utils
from utils import *
sys.path.append({str(ROOT)!r})
from tests.figures import FIGURES"""
SHOWN = [block.text for blocks in sections("shown.md", "h1").values() for block in blocks if block.kind == "code"]
PANELS = [WRONG, CHAIN.removesuffix("- 1") + "+", RIGHT, WRONG.replace("np.exp", "np.expo"), *SHOWN]


def one_of_each_kind():
    """The sources of cells that show every figure and panel, and a verdict of each state."""
    missing = [name for name in utils.__all__ if name not in FIGURES and not any(f"{name}(" in cell for cell in PANELS)]
    assert not missing, "these show something, too"
    return [FOUND, *(f"FIGURES[{name!r}]()" for name in FIGURES), *PANELS]


def found_by_axe(page, lab, sources):
    """Run these cells, and one with pale words, on a page; gives what axe finds, by day and by night: `PLANTED`."""
    sources = [*sources, f"from IPython.display import HTML\nHTML({PALE!r})"]
    cells = [nbformat.v4.new_code_cell(source, id=f"c{number}") for number, source in enumerate(sources)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    shown = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    page.request.put(f"{lab}/api/contents/shown.ipynb", data={"type": "notebook", "content": shown})
    setting = f"{lab}/lab/api/settings/@jupyterlab/notebook-extension:tracker"
    # Axe sees what is on the page, and no cell that is out of sight is.
    page.request.put(setting, data={"raw": '{"windowingMode": "none"}'})
    try:
        open_notebook(page, lab, "shown.ipynb")
        run_all(page)
        page.locator(".live-figure").nth(len(FIGURES) - 1).wait_for()
        # Axe takes for hidden what is outside of the window; with a body of no height, as JupyterLab's, all words.
        page.add_style_tag(content="body { height: 100vh }")
        whole = page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
        page.set_viewport_size(page.viewport_size | {"height": whole + 500})
        page.wait_for_function("(h) => document.querySelector('.jp-WindowedPanel-outer').clientHeight >= h", arg=whole)
        found = []
        for theme, options in (("JupyterLab Light", AXE), ("JupyterLab Dark", AXE | COLOURS)):
            menu(page, "Settings", "Theme", theme)
            page.wait_for_function(f"() => document.body.dataset.jpThemeName === '{theme}'")
            page.locator("#jupyterlab-splash").wait_for(state="detached")  # which hides the page, to axe as well
            result = Axe().run(page, context={"include": [[".jp-OutputArea-output"]]}, options=options)
            found += [
                (theme, v["id"], node["html"][:200]) for v in result.response["violations"] for node in v["nodes"]
            ]
        return found
    finally:
        page.request.put(setting, data={"raw": "{}"})


def test_axe_finds_nothing_in_what_is_shown_on_a_light_and_on_a_dark_page(context, lab, long):
    assert found_by_axe(context.new_page(), lab, one_of_each_kind()) == PLANTED
    if long:
        chapters = [nbformat.read(chapter, 4) for chapter in sorted((ROOT / "notebooks").glob("*.ipynb"))]
        sources = [cell.source for chapter in chapters for cell in chapter.cells if cell.cell_type == "code"]
        assert found_by_axe(context.new_page(), lab, sources) == PLANTED
