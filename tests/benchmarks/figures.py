"""From the finger to the screen: both gears of a live figure beside ipywidgets.interact with plt.show, same picture.

A real JupyterLab, a real browser, real key and mouse events: from the event's own time stamp until the changed picture
is painted. And drags faster than any kernel can follow, of which the last picture must be the right one.
"""

import asyncio
import itertools
import math
import statistics
import tempfile
import time
from pathlib import Path

import nbformat
from playwright.async_api import async_playwright

from tests.benchmarks.timing import Row
from tests.lab import BROWSER_ARGS, find_browser, jupyterlab
from utils.figures.logits import LogitsFigure

FRAME = "one frame at 60 Hz", 0.017
ROUNDS, STEPS = 6, 6  # of keys, and of the mouse, in each round
EVENTS, SECONDS = 500, 4  # of a fast drag

CELL = """\
import matplotlib.pyplot as plt
from ipywidgets import FloatSlider, interact
from utils.figures.logits import LogitsFigure
from utils.figures.style import style

class LiveLogits(LogitsFigure):
    swept = False

plain = LogitsFigure()
def plot(c):
    with style():
        plain.build(plt.figure(figsize=plain.size, layout="constrained"))
        plain.update(plain.state(c=c))
        plt.show()
display(LogitsFigure(c=-1000), LiveLogits(c=-1000))
interact(plot, c=FloatSlider(-1000, min=-1000, max=1000, step=10));
"""
FIGURE = ".live-figure[data-figure={}]"
GEARS = {"swept": FIGURE.format("LogitsFigure"), "live": FIGURE.format("LiveLogits"), "interact": ".widget-interact"}
# In each gear: where the mouse goes, what takes the keys, and what has changed when the picture has. Of a live figure
# that is its sentence, which is set in the very frame in which the canvas is painted.
TRACK, KNOB, PICTURE = ":is([data-name=c], .noUi-target)", ":is([data-name=c], .noUi-handle)", ":is(.live-twin, img)"

# In the page: when something was moved, when the picture had changed, when the kernel was last sent a message.
WATCH = """
const watch = (window.watch = { events: [], paints: [], sent: 0 });
const look = () => {
  const element = watch.selector && document.querySelector(watch.selector);
  return element?.tagName === "IMG" ? element.complete && element.src : element?.textContent;
};
watch.begin = (selector) => void (Object.assign(watch, { selector, events: [], paints: [] }).seen = look());
for (const kind of ["keydown", "pointermove"]) addEventListener(kind, (e) => watch.events.push(e.timeStamp), true);
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  watch.sent = performance.now();
  send.call(this, data);
};
// A message that is posted in an animation frame arrives when that frame has been painted.
const { port1, port2 } = new MessageChannel();
const next = () => requestAnimationFrame(() => port2.postMessage(0));
port1.onmessage = () => {
  const picture = look() || watch.seen;
  if (picture !== watch.seen) watch.paints.push(performance.now());
  watch.seen = picture;
  next();
};
next();
"""
# All questions are asked and answered, a sweep's among them.
QUIET = "performance.now() - Math.max(watch.sent, watch.paints.at(-1) ?? 0) > 1000"


def rows():
    """Measure, and yield a Row for each comparison. Raises AssertionError if a drag ends on the wrong picture."""
    yield from asyncio.run(_measure())


async def _measure():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    found = []
    with tempfile.TemporaryDirectory() as home, jupyterlab(Path(home)) as address:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=find_browser(), args=BROWSER_ARGS)
            for name, measure in (("steps", _steps), ("drags", _drags)):  # each with figures and a kernel of its own
                nbformat.write(notebook, f"{home}/{name}.ipynb")
                page = await browser.new_page(viewport={"width": 1280, "height": 1000})
                page.set_default_timeout(60_000)
                await page.add_init_script(WATCH)
                await page.goto(f"{address}/lab/tree/{name}.ipynb?reset")
                await page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
                await page.locator(".jp-CodeCell .cm-content").press("Control+Enter")
                await page.locator(f"{GEARS['interact']} {PICTURE}").wait_for()
                found += [row async for row in measure(page)]
                await page.close()
    return found


async def _grasp(page, gear):
    """How the slider of a gear is worked: a coroutine function of a mouse event and a place along it, 0 to 1."""
    track = page.locator(f"{GEARS[gear]} {TRACK}")
    await track.evaluate("element => element.scrollIntoView({ block: 'center' })")
    box = await track.bounding_box()
    browser = await page.context.new_cdp_session(page)  # Playwright's own mouse asks the page before every move

    async def mouse(event, place):
        at = {"x": box["x"] + place * box["width"], "y": box["y"] + box["height"] / 2}
        held = {"button": "left", "buttons": int(event != "mouseReleased"), "clickCount": 1}
        await browser.send("Input.dispatchMouseEvent", {"type": event} | at | held)

    return mouse


async def _steps(page):
    """One step at a time, the gears in turn: always to the right, for the browser keeps the pictures it has seen."""
    seconds = {(way, gear): [] for way in ("key", "drag") for gear in GEARS}

    async def step(way, gear, act):
        await page.evaluate("watch.begin", f"{GEARS[gear]} {PICTURE}")
        await act
        await page.wait_for_function("watch.paints.length")
        seconds[way, gear].append(await page.evaluate("watch.paints[0] - watch.events[0]") / 1e3)
        await asyncio.sleep(0.05)

    for turn, gear in itertools.product(range(ROUNDS), GEARS):
        mouse = await _grasp(page, gear)
        await page.locator(f"{GEARS[gear]} {KNOB}").focus()
        await page.wait_for_function(QUIET)
        asked = await page.evaluate("watch.sent")
        for _ in range(STEPS):
            await step("key", gear, page.keyboard.press("ArrowRight"))
        await mouse("mousePressed", 0.15 * turn + 0.005 * STEPS)
        await page.wait_for_function(QUIET)
        for i in range(STEPS):
            place = 0.15 * (turn + 1) - 0.01 * (STEPS - 1 - i)
            await step("drag", gear, mouse("mouseMoved", place))
        await mouse("mouseReleased", place)
        assert gear != "swept" or await page.evaluate("watch.sent") == asked, "the sweep was not complete"

    for way in ("key", "drag"):
        swept, live, interact = (statistics.median(seconds[way, gear]) for gear in GEARS)
        yield Row(f"{way} to picture, swept", swept, "interact + plt.show", interact, 1 / 8)
        yield Row(f"{way} to picture, swept", swept, *FRAME, 1.0)
        yield Row(f"{way} to picture, live", live, "interact + plt.show", interact, 1 / 1.7)


async def _drags(page):
    """To and fro over the slider, no event waiting for the one before, and past its right end at last."""
    figure = LogitsFigure()
    for name, gear in (("sweep not begun", "swept"), ("sweep done", "swept"), ("live", "live")):
        mouse, picture = await _grasp(page, gear), f"{GEARS[gear]} {PICTURE}"
        await mouse("mousePressed", 0.5)
        await page.evaluate("watch.begin", picture)
        start, sent = time.perf_counter(), []
        for i in range(1, EVENTS + 1):
            place = 0.5 + 0.4 * math.sin(i / 20) if i < EVENTS else 1.02
            sent.append(asyncio.create_task(mouse("mouseMoved", place)))
            await asyncio.sleep(start + i / EVENTS * SECONDS - time.perf_counter())
        await asyncio.gather(*sent)
        await mouse("mouseReleased", place)
        await page.wait_for_function(QUIET)
        twin = await page.locator(picture).text_content()
        assert twin == figure.picture(figure.state(c=1000))["twin"], f"{name}: a drag ended on a wrong picture: {twin}"
        paints, late = await page.evaluate("[watch.paints, watch.paints.at(-1) - watch.events.at(-1)]")
        apart = statistics.median(after - before for before, after in itertools.pairwise(paints))
        yield Row(f"fast drag, {name}: between two of {len(paints)} pictures", apart / 1e3, *FRAME)
        yield Row(f"fast drag, {name}: last event to last picture", late / 1e3, *FRAME)
