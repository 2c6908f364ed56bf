"""A progress bar and a loss curve that grow while a network trains; afterwards, the curve to read epoch by epoch."""

import time

import ipywidgets
import numpy as np
from IPython import get_ipython
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from utils.figures.live import LiveFigure, Slider
from utils.figures.page import show
from utils.figures.record import UNITS, Recorder
from utils.figures.style import BLUE, DPI, INK, ORANGE, PAPER, TEAL, number, style

SIZE = 8.6, 3.0  # inches
DECADES = [10.0**n for n in range(-6, 7)]
PAUSE = 0.25  # seconds between two pictures, at least
SHARE = 4  # and this many times as long as a picture takes, so that drawing never slows the training much


def training_curve(epochs):
    """A range of epochs that shows how the training goes: iterate over it, and `add` to it once an epoch.

        curve = training_curve(60)
        for epoch in curve:
            ...
            curve.add(train_loss, test_loss, accuracy)

    However the loop ends, with its last epoch, an error or the stop button, the curve so far stays. Raises ValueError
    if epochs is no whole number above 0.
    """
    return TrainingCurve(epochs)


class TrainingCurve:
    """What `training_curve` returns. rows: what was added, a triple an epoch."""

    def __init__(self, epochs):
        if not isinstance(epochs, int | np.integer) or epochs < 1:
            raise ValueError(f"epochs should be a whole number above 0, not {epochs!r}")
        self.epochs = int(epochs)
        self.rows = []
        self._recorder = Recorder(SIZE[0] * DPI, SIZE[1] * DPI, DPI)

    def add(self, train_loss, test_loss, accuracy):
        """J on the training images, J on the test images, and which share of the test images is right, from 0 to 1.

        Raises ValueError for a share outside of that, such as a percentage.
        """
        if not 0 <= accuracy <= 1:
            raise ValueError(f"accuracy should be a share from 0 to 1, not {accuracy!r}")
        self.rows.append((float(train_loss), float(test_loss), float(accuracy)))

    def __iter__(self):
        self.rows.clear()
        stop_in_few_lines(get_ipython())
        bar = ipywidgets.IntProgress(max=self.epochs, style={"description_width": "initial"})
        picture = ipywidgets.HTML()
        live = ipywidgets.VBox([bar, picture])
        show(live, {"text/plain": f"Training, {self._counted()}."})
        due = 0
        try:
            for epoch in range(self.epochs):
                if (start := time.monotonic()) >= due:
                    picture.value = self.svg()
                    self._tell(bar)
                    due = time.monotonic() + max(PAUSE, SHARE * (time.monotonic() - start))
                yield epoch
        finally:  # a generator whose loop is left, by the stop button say, is closed, and comes by here
            self._tell(bar)
            live.children = [bar]
            if len(self.rows) > 1:
                figure = TrainingFigure(self.epochs, self.rows)
                show(figure, *figure.still())

    def svg(self):
        """The curve so far, as SVG to stand in a page."""
        with style():
            figure = Figure(figsize=SIZE, dpi=DPI)
            draw(figure, self.epochs, self.rows)
            self._recorder.shapes = []
            figure.draw(self._recorder)
        return svg(self._recorder)

    def _tell(self, bar):
        bar.value, bar.description = len(self.rows), f"{len(self.rows)} of {self._counted()}"

    def _counted(self):
        return f"{self.epochs} epoch{'s' * (self.epochs != 1)}"


class TrainingFigure(LiveFigure):
    """The curve when the training is over. rows: (loss on training images, on test images, accuracy), two at least."""

    title = "The training"
    size, narrow_size = SIZE, (4.4, 6)

    def __init__(self, epochs, rows):
        self.epochs, self.rows = epochs, list(rows)
        self.controls = (Slider("epoch", "after epoch", range(1, len(rows) + 1), len(rows)),)
        super().__init__()

    def build(self, figure):
        draw(figure, self.epochs, self.rows, self.narrow)
        look = {"color": INK, "linewidth": 1, "animated": True}
        dot = {"markersize": 8, "markeredgecolor": PAPER, "clip_on": False, "animated": True}
        self.cursors = [axes.axvline(0, **look) for axes in figure.axes]
        losses, shares = figure.axes
        (self.train,) = losses.plot([], [], "o", color=BLUE, **dot)
        (self.test,) = losses.plot([], [], "s", color=ORANGE, **dot)
        (self.share,) = shares.plot([], [], "o", color=TEAL, **dot)
        place = {"ha": "right", "fontsize": 11, "animated": True}
        self.texts = [axes.text(1, 1.04, "", transform=axes.transAxes, **place) for axes in figure.axes]

    def update(self, state):
        epoch = state["epoch"]
        train, test, accuracy = self.rows[int(epoch) - 1]
        for cursor in self.cursors:
            cursor.set_xdata([epoch, epoch])
        for dot, value in ((self.train, train), (self.test, test), (self.share, 100 * accuracy)):
            dot.set_data([epoch], [value])
        self.texts[0].set_text(f"training {number(train, '.3f')}, test {number(test, '.3f')}")
        self.texts[1].set_text(f"{number(100 * accuracy, '.1f')} %")

    def twin(self, state):
        train, test, accuracy = self.rows[int(state["epoch"]) - 1]
        return (
            f"After epoch {state['epoch']:.0f} of {self.epochs} J is {number(train, '.3f')} on the training images and "
            f"{number(test, '.3f')} on the test images, of which {number(100 * accuracy, '.1f')} % are recognised; "
            f"after the first epoch J was {number(self.rows[0][0])}."
        )


def stop_in_few_lines(shell):
    """Have the stop button, pressed before this cell is through, tell the line of the cell that it met, and not the
    pages of what was under way below that line."""
    if shell is None:
        return
    before = shell.custom_exceptions, shell.CustomTB

    def stopped(shell, kind, error, traceback, tb_offset=None):
        through()
        if traceback.tb_next:
            traceback.tb_next.tb_next = None  # the first is IPython's own, the second the cell's
        shell.showtraceback((kind, error, traceback))

    def through(*_):
        shell.custom_exceptions, shell.CustomTB = before
        shell.events.unregister("post_run_cell", through)

    shell.set_custom_exc((KeyboardInterrupt,), stopped)
    shell.events.register("post_run_cell", through)


def draw(figure, epochs, rows, narrow=False):
    """Two axes, losses and accuracy, with what was added so far."""
    train, test, accuracy = np.array(rows).reshape(-1, 3).T
    done = np.arange(1, len(rows) + 1)
    figure.set_layout_engine("none")  # fixed places: the axes must not move from one picture to the next
    places = [(0.075, 0.17, 0.41, 0.71), (0.575, 0.17, 0.41, 0.71)]
    if narrow:
        places = [(0.15, 0.6, 0.8, 0.34), (0.15, 0.09, 0.8, 0.34)]
    losses, shares = map(figure.add_axes, places)
    for axes in (losses, shares):
        axes.set(xlim=(0, epochs), xlabel="epochs")
        axes.grid(axis="y")
    losses.plot(done, train, color=BLUE, label="training images")
    losses.plot(done, test, "--", color=ORANGE, label="test images")
    losses.axhline(np.log(10), color=INK, linewidth=1, linestyle=":")  # what knowing nothing costs
    low, high = _reach(train, test)
    decades = [power for power in DECADES if low < power < high]
    losses.set(yscale="log", title="loss J")
    losses.set_yticks([*decades, np.log(10)], [*map("{:g}".format, decades), "log 10"])
    losses.yaxis.set_minor_locator(NullLocator())
    losses.set_ylim(low, high)
    losses.legend(loc="upper right", bbox_to_anchor=(1, 0.88))
    shares.plot(done, 100 * accuracy, color=TEAL)
    shares.set(ylim=(0, 102), title="test images recognised, in %")


def svg(recorder):
    """What was recorded of lines and words, as SVG that paints black in the text colour of the page."""
    width, height = (round(pixels * UNITS) for pixels in recorder.get_canvas_width_height())
    look = f"max-width:{width / UNITS}px;color:var(--jp-ui-font-color1,currentColor)"
    paths = "".join(map(_path, recorder.shapes))
    return f'<svg viewBox="0 0 {width} {height}" style="display:block;{look}">{paths}</svg>'


def _path(shape):
    attributes = {"d": shape["d"], "fill": "none"}
    for paint in ("fill", "stroke"):
        if colour := shape.get(paint):
            attributes[paint] = "currentColor" if colour.startswith("#000000") else colour[:7]
            attributes[f"{paint}-opacity"] = int(colour[7:], 16) / 255
    if line := shape.get("line"):
        attributes |= {"stroke-width": line["lineWidth"], "stroke-dasharray": " ".join(map(str, shape.get("dash", [])))}
        attributes |= {"stroke-linecap": line["lineCap"], "stroke-linejoin": line["lineJoin"]}
    if at := shape.get("at"):
        attributes["transform"] = f"translate({at[0]} {at[1]})"
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"<path {written}/>"


def _reach(*losses):
    """From somewhat below the least loss to somewhat above the largest, with 0.05 to 4 in any case."""
    values = np.concatenate(losses)
    values = values[np.isfinite(values) & (values > 0)]
    return min([0.05, *values / 1.3]), max([4, *values * 1.3])
