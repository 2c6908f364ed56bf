"""The workbook as its reader meets it: JupyterLab in a real, headless browser.

Chapter 2a_1 is opened and run, a wrong answer is typed and diagnosed by name, the right one is typed, hints and the
solution are pressed, a question is answered, a slider is dragged and moved by key, and the page is opened again.
"""

import json
import re
import shutil
import urllib.request
from pathlib import Path

import pytest

from tests.lab import jupyterlab

ROOT = Path(__file__).parents[1]
START, SOFTMAX, GRADIENT = "00_start_here.ipynb", "2a_1_softmax.ipynb", "2a_3_softmax_cross_entropy_gradient.ipynb"
PATIENCE = 90_000  # ms; a busy machine is slow, not wrong

WRONG = """@exercise("2a_1.softmax")
def softmax(theta):
    e = np.exp(theta)
    return e / e.sum(axis=-1, keepdims=True)"""
RIGHT = WRONG.replace("np.exp(theta)", "np.exp(theta - theta.max(axis=-1, keepdims=True))")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of the notebooks, with settings and progress of its own."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", home / "notebooks")
    shutil.copytree(ROOT / "solutions", home / "solutions")
    with jupyterlab(home) as address:
        yield address


@pytest.fixture
def page(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    yield page
    page.close()


def open_chapter(page, lab, chapter=SOFTMAX):
    """Open a chapter and wait for its kernel.

    The status bar tells when the kernel is connected; the notebook's own indicator says "idle" before there is one.
    Cells that are run in between are lost: JupyterLab starts a second kernel for them and drops what it had queued.
    """
    page.goto(f"{lab}/lab/tree/notebooks/{chapter}?reset")
    page.locator(".jp-CodeCell").first.wait_for()
    page.locator("#jp-main-statusbar").get_by_text(re.compile(r"\| Idle$")).wait_for()


def menu(page, *path):
    """Press a main menu's entry: menu(page, "Run", "Run All Cells")."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile(f"^{path[0]}$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile(f"^{re.escape(path[1])}$")).click()


def run_all(page):
    """Run all cells, and wait. Outputs are cleared first: a copy has its numbers, [1], [2], ..., before it is run."""
    menu(page, "Edit", "Clear Outputs of All Cells")
    menu(page, "Run", "Run All Cells")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].every(p => /\\d/.test(p.textContent))"
    )


def cell(page, text):
    return page.locator(".jp-CodeCell", has_text=text).first


def answer(page, text, source):
    """Type a cell anew and run it, as a reader does."""
    editor = cell(page, text).locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)
    page.keyboard.press("Shift+Enter")


def verdict(page, text, state):
    return in_sight(cell(page, text).locator(f'.workbook-verdict[data-state="{state}"]'))


def in_sight(locator):
    """Scroll to what is looked for: JupyterLab paints what is out of sight when it comes into sight, not before."""
    locator.wait_for()
    locator.scroll_into_view_if_needed()
    locator.page.wait_for_function("node => node.innerText !== ''", arg=locator.element_handle())
    return locator


def test_a_chapter_is_opened_run_answered_and_played_with(page, lab):
    exercise = '"2a_1.softmax"'
    open_chapter(page, lab)

    # Before anything is run the saved page already shows pictures and verdicts, without a word of Python's objects.
    cell(page, "logits_figure(softmax_of_one_row)").locator("img").wait_for()
    cell(page, exercise).get_by_text("Not attempted").wait_for()

    run_all(page)
    assert not page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count()

    # The wrong answer is called by its name.
    answer(page, exercise, WRONG)
    card = verdict(page, exercise, "wrong")
    assert "beyond what float64 can hold" in card.inner_text() and "nan" in card.inner_text()
    assert card.locator("mjx-container").count(), "the mathematics in the verdict is typeset"

    # Hints come one a press; the solution after a second one.
    assert not card.get_by_text("You may subtract any constant").is_visible()
    card.get_by_text("Hint 1 of 3").click()
    card.get_by_text("You may subtract any constant").wait_for()
    assert not card.get_by_text("For one row and for many alike").is_visible()
    card.get_by_text("Hint 2 of 3").click()
    card.get_by_text("For one row and for many alike").wait_for()
    cell(page, exercise).get_by_role("button", name="Solution").click()
    assert not cell(page, exercise).get_by_text("Why this works").count()
    cell(page, exercise).get_by_role("button", name="Show it: I have tried").click()
    cell(page, exercise).get_by_text("Why this works").wait_for()

    # The right one is right.
    answer(page, exercise, RIGHT)
    verdict(page, exercise, "right")

    # A question is answered by pressing, wrongly and rightly.
    question = '"2a_1.shift"'
    cell(page, question).get_by_role("button", name="Each is multiplied").click()
    assert "sum to" in verdict(page, question, "wrong").inner_text()
    cell(page, question).get_by_role("button", name="Nothing at all").click()
    verdict(page, question, "right")

    # A slider is dragged, and then moved by key: the figure and its text twin follow.
    figure = cell(page, "logits_figure(softmax, c=800)").locator(".live-figure")
    twin, slider = figure.locator(".live-twin"), figure.locator("input[type=range]").first
    slider.scroll_into_view_if_needed()
    before, picture = twin.inner_text(), figure.locator("canvas").first.screenshot()
    box = slider.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.5, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=12)
    page.mouse.up()
    page.wait_for_function("([twin, before]) => twin.innerText !== before", arg=[twin.element_handle(), before])
    assert figure.locator("canvas").first.screenshot() != picture
    dragged, value = twin.inner_text(), slider.input_value()
    slider.press("ArrowLeft")
    page.wait_for_function("([twin, before]) => twin.innerText !== before", arg=[twin.element_handle(), dragged])
    assert slider.input_value() != value

    # While the figure computes ahead, cells still print: nothing that a figure does swallows their output.
    slider.hover()
    answer(page, "reference_softmax(theta + 10)", 'print("heard", 6 * 7)')
    cell(page, 'print("heard"').locator(".jp-OutputArea-output", has_text="heard 42").wait_for()

    # The board at the end has followed.
    board = in_sight(cell(page, 'progress_board("2a_1")').locator(".workbook-board"))
    assert "2 of" in board.inner_text()
    assert not page.problems


def test_a_derivation_is_judged_line_by_line_and_can_be_watched(page, lab):
    open_chapter(page, lab, GRADIENT)
    run_all(page)
    asked = "%%derivation 2a_3.same_index"
    lines = [
        asked,
        "D(-sum(y[j] * log(y_hat[j]), j), theta[i])",
        "D(-(theta[i] - log(sum(exp(theta[j]), j))), theta[i])",
        "D(theta[i], theta[i]) - D(log(sum(exp(theta[j]), j)), theta[i])",
        "-(1 - y_hat[i])",
        "y_hat[i] - 1",
    ]
    answer(page, asked, "\n".join(lines))
    card = verdict(page, asked, "wrong")
    assert "lost-minus" in card.inner_text() and "Line 3" in card.inner_text()
    rows = cell(page, asked).locator(".workbook-derivation tr")
    assert [row.get_attribute("data-status") for row in rows.all()] == ["right", "right", "slip", "right", "right"]
    assert rows.first.locator("mjx-container").count(), "each line is typeset"

    lines[3] = f"-({lines[3]})"
    answer(page, asked, "\n".join(lines))
    verdict(page, asked, "right")

    # The scrubber takes the lines that were judged last.
    answer(page, "derivation_scrubber(", 'derivation_scrubber("2a_3.same_index")')
    twin = cell(page, "derivation_scrubber(").locator(".live-twin", has_text="Line 1 of 5")
    twin.wait_for()
    cell(page, "derivation_scrubber(").locator("input[data-name=line]").press("End")
    cell(page, "derivation_scrubber(").locator(".live-twin", has_text="Line 5 of 5").wait_for()
    assert "no line stands off" in cell(page, "derivation_scrubber(").locator(".live-twin").inner_text()
    assert not page.problems


def test_a_workbook_that_is_opened_again_the_next_day_still_shows_its_verdicts(page, lab):
    open_chapter(page, lab)
    run_all(page)
    answer(page, '"2a_1.softmax"', WRONG)
    verdict(page, '"2a_1.softmax"', "wrong")
    page.keyboard.press("Control+s")
    page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')")
    for session in json.load(urllib.request.urlopen(f"{lab}/api/sessions")):
        urllib.request.urlopen(urllib.request.Request(f"{lab}/api/sessions/{session['id']}", method="DELETE"))

    open_chapter(page, lab)
    assert "beyond what float64 can hold" in verdict(page, '"2a_1.softmax"', "wrong").inner_text()
    # JupyterLab's own message about widgets that died with their kernel is replaced by what to do.
    dead = cell(page, '"2a_1.softmax"').locator(".jp-OutputArea-output.jupyter-widgets").first
    dead.wait_for()
    said = dead.evaluate("node => [getComputedStyle(node).fontSize, getComputedStyle(node, '::after').content]")
    assert said[0] == "0px" and "Run this cell again" in said[1]


def test_a_figure_that_is_scrolled_away_and_back_shows_what_it_showed_and_still_moves(page, lab):
    open_chapter(page, lab, START)
    run_all(page)
    figure = cell(page, "scores_figure()").locator(".live-figure")
    twin, slider, canvas = (
        figure.locator(".live-twin"),
        figure.locator("input[type=range]").first,
        figure.locator("canvas"),
    )
    slider.scroll_into_view_if_needed()
    slider.press("End")
    page.wait_for_function("node => node.innerText.includes('+5.0')", arg=twin.element_handle())
    said, picture = twin.inner_text(), canvas.last.screenshot()

    in_sight(cell(page, "progress_board()").locator(".workbook-board"))
    page.wait_for_function("node => node.getBoundingClientRect().bottom < 0", arg=figure.element_handle())

    in_sight(twin)
    assert (twin.inner_text(), slider.input_value()) == (said, slider.get_attribute("max"))
    slider.scroll_into_view_if_needed()
    assert canvas.last.screenshot() == picture
    slider.press("Home")
    page.wait_for_function("node => node.innerText.includes('−5.0')", arg=twin.element_handle())
    assert canvas.last.screenshot() != picture
    assert not page.problems


def test_a_figure_follows_a_finger_lets_it_scroll_and_stays_sharp_when_the_page_is_zoomed(browser, lab):
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, has_touch=True)
    page.set_default_timeout(PATIENCE)
    open_chapter(page, lab, GRADIENT)
    run_all(page)
    figure = cell(page, "simplex_compass()").locator(".live-figure")
    twin, handle, canvas = (figure.locator(f".live-{part}") for part in ("twin", "handle", "canvas"))
    figure.evaluate("node => node.scrollIntoView({ block: 'center' })")
    touch = page.context.new_cdp_session(page)

    def middle():
        box = handle.bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def swipe(start, by, steps=8):
        """A finger is put down, moved and lifted. Returns how far it has carried the page."""
        top = figure.bounding_box()["y"]
        for step in range(steps + 1):
            x, y = (a + b * step / steps for a, b in zip(start, by, strict=True))
            touch.send(
                "Input.dispatchTouchEvent",
                {"type": "touchMove" if step else "touchStart", "touchPoints": [{"x": x, "y": y}]},
            )
            page.wait_for_timeout(20)
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        page.wait_for_timeout(300)
        return top - figure.bounding_box()["y"]

    x, y = middle()
    said = twin.inner_text()
    assert swipe((x + 30, y), (0, -160)) > 80, "beside the handle a finger scrolls"
    assert twin.inner_text() == said

    assert abs(swipe(middle(), (40, -30))) < 2, "on the handle it does not"
    assert twin.inner_text() != said

    width = canvas.evaluate("node => node.width")
    zoom = {"width": 1270, "height": 1000, "deviceScaleFactor": 2, "mobile": False}
    touch.send("Emulation.setDeviceMetricsOverride", zoom)
    page.wait_for_function("([node, width]) => node.width > 1.9 * width", arg=[canvas.element_handle(), width])
    page.close()
