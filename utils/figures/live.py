"""Live figures: plain matplotlib that the browser paints.

A figure is a class with its controls, its artists, and a function of the state; `utils/README.md` has all of one.
What is made with animated=True moves; all else is recorded once. The browser asks for the pictures of states, Python
answers with vector shapes, and the answer depends on the message alone, so a figure is tested without a browser.

The browser keeps the pictures it is given. It asks for the state under the reader's finger (the live gear: at most
three questions under way, the newest state wins) and, in between, for the other positions of the control in hand (the
sweep). A state whose picture is there is painted on the next animation frame, and the kernel hears nothing of it.

On a narrow page a figure would shrink, and its letters with it. So it is built anew at its narrow_size; its build looks
at self.narrow, and puts below one another what else stands side by side.
"""

import io
import math
import pathlib
import signal
import threading
import time
import warnings
from base64 import b64encode
from itertools import product
from numbers import Real

import anywidget
import numpy as np
import traitlets
from IPython import get_ipython
from IPython.utils.capture import capture_output
from matplotlib.figure import Figure

from utils.figures.page import outputs_apart, seen, show, view
from utils.figures.record import Recorder, tenths
from utils.figures.style import DPI, number, style

SLICE = 0.025  # seconds of the kernel's time for one message, so that a live question never waits long behind a sweep


def span(low, high, step):
    """Positions from low to high, both included, free of float noise. Raises ValueError if step does not divide."""
    steps = (high - low) / step if step > 0 else 0
    if steps <= 0 or not math.isclose(steps, round(steps), rel_tol=1e-9):
        raise ValueError(f"span({low}, {high}, {step}): wanted low < high and a step > 0 that divides high - low")
    return tuple(_clean(low + i * step) for i in range(round(steps) + 1))


class Control:
    """Something to move, as a list of stops: each says {name: value} of all that the control sets."""

    def __init__(self, names, label, stops, start):
        """stops, start: values in the order of the names. Raises ValueError if it cannot start there."""
        if not stops or not len(names) == len(stops[0]) == len(start):
            raise ValueError(
                f"{names!r}: wanted as many names as sequences of positions and as values to start with, and "
                "positions that are allowed together"
            )
        self.names, self.label, self.shown = names, label, {}
        self.home = dict(zip(names, start, strict=True))
        self.stops = [dict(zip(names, stop, strict=True)) for stop in stops]
        self._indices = {stop: index for index, stop in enumerate(stops)}
        self.index(self.home)

    def index(self, state):
        """Which stop has the values of this state. Raises ValueError with the nearest stops where there is none."""
        values = tuple(state[name] for name in self.names)
        if values in self._indices:
            return self._indices[values]
        fits = list(self._indices)
        if all(isinstance(value, Real) for value in (*values, *fits[0])):
            fits = sorted(fits, key=lambda stop: math.dist(stop, values))[:2]
        fits = [", ".join(map(repr, stop)) for stop in fits]
        fits = " or ".join(fits) if len(fits) < 6 else f"one of {fits[0]} to {fits[-1]}"
        raise ValueError(f"{', '.join(self.names)}: no position {', '.join(map(repr, values))}; what fits is {fits}")

    def spec(self, figure):
        """What the browser needs to know of it, with "texts" of its stops, or "places" on the figure."""
        return {"name": ",".join(self.names), "label": self.label, "stops": self.stops, **self.shown}


class Slider(Control):
    """One value: a number or, where the positions are strings, one of several names."""

    def __init__(self, name, label, positions, start, form=""):
        """positions: increasing numbers, from span or np.geomspace perhaps; or names. form: how numbers are written,
        ".2f" say; without it, with as many decimals as the positions need."""
        named = all(isinstance(position, str) for position in positions)
        values = list(positions) if named else [_clean(position) for position in positions]
        if len(set(values)) < max(2, len(values)) or not (named or values == sorted(values)):
            raise ValueError(f"{name}: wanted two or more names or increasing numbers, got {positions!r}")
        super().__init__((name,), label, [(value,) for value in values], (start,))
        if named:
            self.shown = {"texts": values, "named": True}
        else:
            decimals = max(len(f"{value:.10g}".partition(".")[2]) for value in values)
            form = form or f"{'+' if values[0] < 0 else ''}.{decimals}f"
            self.shown = {"texts": [number(value, form) for value in values]}


class Handle(Control):
    """A point to drag, or to move with the arrow keys, or a cell to press, over the first of the figure's axes: two
    values, mostly, or another number of them."""

    def __init__(self, names, label, positions, start, place=None, allowed=None, box=(0, 0)):
        """positions: of each value. place: where values are in data coordinates, if not there where they say.
        allowed: which values go together. box: the size of a cell in data coordinates: all of it is pressed."""
        stops = product(*(map(_clean, some) for some in positions))
        super().__init__(names, label, [stop for stop in stops if allowed is None or allowed(*stop)], start)
        self.place, self.box = place, box

    def spec(self, figure):
        transform = figure.axes[0].transData.transform
        stops = [tuple(stop.values()) for stop in self.stops]
        places = transform([self.place(*stop) for stop in stops] if self.place else stops)
        places = [tenths(x, figure.bbox.height - y) for x, y in places]
        corners = transform([(0, 0), self.box])
        return super().spec(figure) | {"places": places, "box": tenths(*np.abs(corners[1] - corners[0]))}


class Stopped(Exception):
    """The reader's own function gave no usable answer. The message says what it did, in plain words."""


def yours(function, *arguments, shape=()):
    """What the reader's own function makes of copies of the arguments: floats of the shape. Raises Stopped."""
    try:
        answer = function(*(np.array(argument) for argument in arguments))
    except Exception as error:
        raise Stopped(f"stopped: {type(error).__name__}: {error}") from error
    if answer is None:
        raise Stopped("returned None")
    try:
        array = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Stopped(f"returned {type(answer).__name__}, not numbers") from None
    if array.shape != shape:
        raise Stopped(f"returned shape {array.shape}, not {shape or 'a single number'}")
    return array


def own(function, reference):
    """The reader's function, or None where nobody has written one: then the reference itself is given, or a stand-in
    for an answer, which carries a wrong answer along."""
    return None if function is reference else getattr(function, "answer", function)


class LiveFigure(anywidget.AnyWidget):
    """A matplotlib figure with sliders and handles. A subclass gives title, controls, build and update.

    Keyword arguments set where the controls start: SigmoidFigure(z=-3). Raises ValueError for names and positions that
    do not exist.
    """

    _esm = pathlib.Path(__file__).with_name("live.js")
    _css = pathlib.Path(__file__).with_name("live.css")
    spec = traitlets.Dict().tag(sync=True)

    title = ""
    size = 8.6, 3.6  # inches; 8.6 fill the width of a notebook
    narrow_size = 4.4, 3.6  # of a second layout, for half that width, where letters would shrink too far
    narrow = False  # which of the two is being built, or has been
    controls = ()
    swept = True  # False where pictures cannot be computed ahead, because they are random or take long

    def build(self, figure):
        """Put axes and artists on the empty figure. Those made with animated=True will move."""
        raise NotImplementedError

    def update(self, state):
        """Set the data of the moving artists, and return the twin: one sentence that says what the picture shows, with
        its numbers. state: {name: value} of all controls."""
        raise NotImplementedError

    def __init__(self, **start):
        names = [name for control in self.controls for name in control.names]
        if len(set(names)) < len(names):
            raise ValueError(f"{type(self).__name__}: two controls share a name among {', '.join(names)}")
        self._start = start
        super().__init__(spec=self._laid_out(narrow=False))
        self.on_msg(self._receive)

    def renew(self):
        """Build the figure anew, wherever it is shown: what it draws has changed, and perhaps its controls."""
        self.spec = self._laid_out(self.narrow)

    def _laid_out(self, narrow):
        """Build the figure in one of its two layouts. Returns what the browser needs to know before it asks."""
        self.narrow = narrow
        with style():
            size = self.narrow_size if narrow else self.size
            whole = [round(inches * DPI) / DPI for inches in size]  # pixels, or every line would be blurred
            self.figure = Figure(figsize=whole, layout="constrained")
            self.build(self.figure)
            moving = self.figure.findobj(lambda artist: artist.get_animated())
            axes = [*self.figure.axes, None]  # what belongs to no axes lies on top
            self._moving = sorted(moving, key=lambda artist: (axes.index(artist.axes), artist.get_zorder()))
            for artist in moving:
                artist.set(animated=False, in_layout=False, visible=False)
            self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")  # a number that grows wider must not push the axes about
            self._recorder = Recorder(*self.figure.bbox.size, DPI)
            still = self._recorded(self.figure)
            for artist in moving:
                artist.set_visible(True)
            home, (width, height) = self.state(), map(round, self.figure.bbox.size)
            return {
                "name": type(self).__name__,
                "title": self.title,
                "swept": self.swept,
                "narrow": self.narrow,
                "turn": round((self.size[0] + self.narrow_size[0]) / 2 * DPI),
                "width": width,
                "height": height,
                "controls": [control.spec(self.figure) | {"start": control.index(home)} for control in self.controls],
                "still": still,
                "first": self._picture(home),
            }

    def state(self, **values):
        """The complete state: these values, and every other control at its start."""
        home = {name: value for control in self.controls for name, value in control.home.items()}
        state = home | self._start | values
        if unknown := state.keys() - home.keys():
            raise ValueError(f"no control is called {', '.join(sorted(unknown))}; there are {', '.join(home)}")
        for control in self.controls:
            state |= control.stops[control.index(state)]
        return state

    def picture(self, state):
        """{"shapes": the moving artists as the recorder's shapes, "twin": the sentence}.

        Where update raises, shapes is None, so that the last good picture stays, and the sentence says why.
        """
        return self.answer({"ticket": None, "states": [state]})["pictures"][0]

    def answer(self, message):
        """The reply to the browser's {"ticket": any, "states": [...]}: {"ticket": the same, "pictures": [...]}.

        Pictures are of the first states: of as many as SLICE has room for, and of one at least.
        """
        end = time.perf_counter() + SLICE
        pictures = []
        with style():
            for state in message["states"]:
                pictures.append(self._picture(self.state(**state)))
                if time.perf_counter() > end:
                    break
        return {"ticket": message["ticket"], "pictures": pictures}

    def png(self):
        """The figure at its start, at twice the screen's density; the same bytes at every call."""
        buffer = io.BytesIO()
        with style():
            self._picture(self.state())
            self.figure.savefig(buffer, format="png", dpi=2 * DPI, metadata={"Software": None})
        return buffer.getvalue()

    def _picture(self, state):
        try:
            with (  # the reader's function neither prints nor warns at every step of a slider
                capture_output(display=False),
                np.errstate(all="ignore"),
                warnings.catch_warnings(action="ignore"),
            ):
                twin = self.update(state)
                return {"shapes": self._recorded(*self._moving), "twin": twin}
        except Stopped as stopped:
            return {"shapes": None, "twin": f"Your function {stopped}."}
        except Exception as error:
            return {"shapes": None, "twin": f"This picture could not be drawn: {type(error).__name__}: {error}."}

    def _recorded(self, *artists):
        self._recorder.shapes = []  # one recorder for all pictures: matplotlib remembers by it how wide a text is
        for artist in artists:
            artist.draw(self._recorder)
        return self._recorder.shapes

    def _receive(self, _, message, buffers):
        """Answer on the main thread. JupyterLab delivers messages on another one, and `_picture` and `style` change
        what belongs to the whole process: beside a running cell they would swallow what it prints."""
        if threading.current_thread() is threading.main_thread():
            self._reply(message)
        else:
            get_ipython().kernel.io_loop.add_callback(self._reply, message)

    def _reply(self, message):
        if "narrow" in message:
            self.spec = self._laid_out(message["narrow"])
            return
        # Between cells a kernel ignores the stop button; here the reader's own function runs, and may never end.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            reply = self.answer(message)
        except KeyboardInterrupt:
            reply = {"ticket": message["ticket"], "pictures": []}  # the browser asks no more
        finally:
            signal.signal(signal.SIGINT, before)
        self.send(reply)

    def _ipython_display_(self):
        if not outputs_apart():
            raise NotImplementedError  # IPython goes on to _repr_mimebundle_
        show(self, *self.still())

    def _repr_mimebundle_(self, **kwargs):
        still, about = self.still()
        return seen(view(self) | still), about

    def still(self):
        """The figure at its start as a bundle of MIME types, and what Jupyter needs to know of it."""
        text = f"Figure: {self.title}. {self.spec['first']['twin']}"
        still = {"image/png": b64encode(self.png()).decode(), "text/plain": text}
        return still, {"image/png": {side: self.spec[side] for side in ("width", "height")} | {"alt": text}}


def _clean(value):
    return float(f"{value:.10g}") + 0.0
