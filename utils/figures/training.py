"""A loss curve that grows while a network trains, and can be read epoch by epoch."""

import time
from functools import partial

import numpy as np
from IPython import get_ipython

from utils.figures.live import LiveFigure, Slider
from utils.figures.page import outputs_apart, show
from utils.figures.parts import dot, say, words
from utils.figures.style import BLUE, INK, ORANGE, TEAL, number

DECADES = [10.0**n for n in range(-6, 7)]
PAUSE = 0.25  # seconds between two pictures, at least
SHARE = 4  # and this many times as long as a picture takes, so that drawing never slows the training much


class TrainingCurve:
    """A range of epochs that shows how the training goes: iterate over it, and `add` to it once an epoch.

        curve = training_curve(60)
        for epoch in curve:
            ...
            curve.add(train_loss, test_loss, accuracy)

    However the loop ends, with its last epoch, an error or the stop button, the curve so far stays. Raises ValueError
    if epochs is no whole number above 0. rows: what was added, a triple an epoch.
    """

    def __init__(self, epochs):
        if not isinstance(epochs, int | np.integer) or epochs < 1:
            raise ValueError(f"epochs should be a whole number above 0, not {epochs!r}")
        self.epochs = int(epochs)
        self.rows = []

    def add(self, train_loss, test_loss, accuracy):
        """J on the training images, J on the test images, and which share of the test images is right, from 0 to 1.

        Raises ValueError for a share outside of that, such as a percentage.
        """
        if not 0 <= accuracy <= 1:
            raise ValueError(f"accuracy should be a share from 0 to 1, not {accuracy!r}")
        self.rows.append((float(train_loss), float(test_loss), float(accuracy)))

    def __iter__(self):
        self.rows = []
        stop_in_few_lines(get_ipython())
        figure = TrainingFigure(self.epochs, self.rows)
        told = {"text/plain": f"Training, {self.epochs} epoch{'s' * (self.epochs != 1)}."}
        replace = show(figure, told)
        due = time.monotonic() + PAUSE
        try:
            for epoch in range(self.epochs):
                if (start := time.monotonic()) >= due:
                    figure.renew()
                    due = time.monotonic() + max(PAUSE, SHARE * (time.monotonic() - start))
                yield epoch
        finally:  # a generator whose loop is left, by the stop button say, is closed, and comes by here
            figure.renew()
            if len(self.rows) > 1:
                leave = replace if outputs_apart() else partial(show, figure)
                still, about = figure.still()
                leave(still, metadata=about)


class TrainingFigure(LiveFigure):
    """The curve of a training, as far as it has come. rows: (loss on training images, on test images, accuracy) of each
    epoch; those that are added later are shown when the figure is told to `renew`."""

    title = "The training"
    size, narrow_size = (8.6, 3.0), (4.4, 6)

    def __init__(self, epochs, rows):
        self.epochs, self.rows = epochs, rows
        super().__init__()

    @property
    def controls(self):
        count = len(self.rows)
        return (Slider("epoch", "after epoch", range(1, count + 1), count),) if count > 1 else ()

    def build(self, figure):
        train, test, accuracy = np.array(self.rows).reshape(-1, 3).T
        done = np.arange(1, len(self.rows) + 1)
        figure.set_layout_engine("none")  # fixed places: the axes must not move from one picture to the next
        places = [(0.075, 0.17, 0.41, 0.71), (0.575, 0.17, 0.41, 0.71)]
        if self.narrow:
            places = [(0.15, 0.6, 0.8, 0.34), (0.15, 0.09, 0.8, 0.34)]
        losses, shares = (figure.add_axes(place, xlim=(0, self.epochs)) for place in places)
        for axes in (losses, shares):
            axes.set_xlabel("epochs", loc="left")
            axes.grid(axis="y")
        losses.plot(done, train, color=BLUE, label="training")
        losses.plot(done, test, "--", color=ORANGE, label="test")
        losses.axhline(np.log(10), color=INK, linewidth=1, linestyle=":")  # what knowing nothing costs
        low, high = _reach(train, test)
        decades = [power for power in DECADES if low < power < high]
        losses.set(yscale="log", ylim=(low, high), title="loss J")
        losses.set_yticks([*decades, np.log(10)], [*map("{:g}".format, decades), "log 10"])
        losses.minorticks_off()
        losses.legend(loc="upper right", bbox_to_anchor=(1, -0.1), ncols=2, borderaxespad=0)
        shares.plot(done, 100 * accuracy, color=TEAL)
        shares.set(ylim=(0, 102), title="test images recognised, in %")

        self.cursors = [axes.axvline(0, color=INK, linewidth=1, animated=True) for axes in figure.axes]
        self.train = dot(losses, "o", BLUE, 8, clip_on=False)
        self.test = dot(losses, "s", ORANGE, 8, clip_on=False)
        self.share = dot(shares, "o", TEAL, 8, clip_on=False)
        self.texts = [words(axes, 1, 1.04, ha="right", va="baseline", transform=axes.transAxes) for axes in figure.axes]

    def update(self, state):
        if not state:
            return f"Epochs that are through: {len(self.rows)} of {self.epochs}."
        epoch = state["epoch"]
        train, test, accuracy = self.rows[int(epoch) - 1]
        for cursor in self.cursors:
            cursor.set_xdata([epoch, epoch])
        for point, value in ((self.train, train), (self.test, test), (self.share, 100 * accuracy)):
            point.set_data([epoch], [value])
        losses = f"training {number(train, '.3f')}, test {number(test, '.3f')}"
        say(self.texts, [losses, f"{number(100 * accuracy, '.1f')} %"])
        return (
            f"After epoch {epoch:.0f} of {self.epochs} J is {number(train, '.3f')} on the training images and "
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


def _reach(*losses):
    """From somewhat below the least loss to somewhat above the largest, with 0.05 to 4 in any case."""
    values = np.concatenate(losses)
    values = values[np.isfinite(values) & (values > 0)]
    return min([0.05, *values / 1.3]), max([4, *values * 1.3])
