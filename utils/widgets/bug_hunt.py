"""The board of the bug hunt: probes to take, suspects to accuse, and what is left of the budget."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import ipywidgets

from utils.exercises.bug_hunt import BUDGET, PASSES, POINTS, PROBES, RIGHT, D, H, Hunt, K, N, Pass, Reading, suspects
from utils.widgets.page import display
from utils.widgets.verdict import STATES, ink, inline


def bug_hunt(seed: int = 0) -> None:
    """Play a hunt. seed: which; the same seed plants the same bugs, and the last button goes on to the next seed."""
    board = _Board(seed)
    display({**board.whole._repr_mimebundle_(), "text/plain": str(board.hunt)}, raw=True)


class _Board:
    """The widgets of a hunt. All that they show is drawn anew from the hunt after each press."""

    def __init__(self, seed: int) -> None:
        self.head, self.readings = ipywidgets.HTMLMath(), ipywidgets.HTML()
        self.about, self.said = ipywidgets.HTMLMath(), ipywidgets.HTMLMath()
        self.probes = {
            name: _button(name, lambda _, name=name: self.probe(name), tooltip=probe.asks)
            for name, probe in PROBES.items()
        }
        self.suspects = ipywidgets.ToggleButtons(options=["..."], style={"button_width": "auto"})
        self.suspects.observe(lambda _: self.show(), names="value")
        self.name_it = _button("Name it", lambda _: self.accuse(), button_style="primary")
        self.onward = _button("", lambda _: self.go_on())
        wrap = {"flex_flow": "row wrap"}
        self.whole = ipywidgets.VBox(
            [
                self.head,
                _title("Probes"),
                ipywidgets.HBox(list(self.probes.values()), layout=wrap),
                self.readings,
                _title("Suspects"),
                self.suspects,
                self.about,
                ipywidgets.HBox([self.name_it, self.onward], layout=wrap),
                self.said,
            ]
        )
        self.start(seed)

    def start(self, seed: int) -> None:
        self.hunt, self.at = Hunt(seed), -1
        self.go_on()

    @property
    def current(self) -> Pass:
        return self.hunt.passes[self.at]

    # No button is disabled by its own press: the keyboard's focus would be lost.

    def probe(self, name: str) -> None:
        now = self.current
        if name in now.readings or (now.left and now.state == "open"):  # a quick second press overtakes `disabled`
            now.probe(name)
        self.show()

    def accuse(self) -> None:
        now, slug = self.current, self.suspects.value
        if now.state == "open" and slug not in (None, *now.accused):
            said = now.accuse(slug)
            self.say("right" if now.state == "named" else "wrong", said)
            self.suspects.value = None
            self.show()
        elif now.state == "open":
            self.say("not attempted", "Press a suspect first, one that has not been accused yet.")

    def go_on(self) -> None:
        if self.at >= 0 and self.current.state == "open":
            self.say("not attempted", "The bug of this pass is still at large: name it first.")
        elif self.at + 1 == PASSES:
            self.start(self.hunt.seed + 1)
        else:
            self.at += 1
            self.said.value = ""
            self.suspects.options = self.current.line_up
            self.suspects.value = None
            self.show()

    def say(self, state: str, words: str) -> None:
        sign, _, colour = STATES[state]
        self.said.value = _note(sign, words, colour)

    def show(self) -> None:
        now = self.current
        self.head.value = self._head()
        self.readings.value = _table(now.readings)
        for name, button in self.probes.items():
            button.icon = "check" if name in now.readings else ""
            button.disabled = name not in now.readings and (now.left < 1 or now.state != "open")
        slug = self.suspects.value
        self.about.value = "" if slug is None else _about(slug, now.accused)
        self.onward.description = "Next hunt" if self.at + 1 == PASSES else "Next pass"

    def _head(self) -> str:
        hunt, now = self.hunt, self.current
        budget = f"{'●' * now.left}{'○' * (BUDGET - now.left)}" if now.state == "open" else now.state
        line = (
            f"<strong>Bug hunt {hunt.seed}</strong> &middot; pass {self.at + 1} of {PASSES} &middot; "
            f"{hunt.points} points &middot; left for this pass: <strong>{budget}</strong>"
        )
        closed = [p for p in hunt.passes if p.state != "open"]
        if len(closed) == PASSES:
            took, enough = sum(len(p.readings) for p in closed), sum(len(p.shortest()) for p in closed)
            named = sum(p.state == "named" for p in closed)
            line += (
                f"<br>{named} of {PASSES} named, {hunt.points} of {PASSES * POINTS} points, with {took} probes where "
                f"{enough} could have done."
            )
        sizes = f"$N = {N}$, $D = {D}$, $H = {H}$, $K = {K}$"
        right = inline(f"Right is {RIGHT}, with {sizes}.")
        return f'<div role="status" style="line-height:1.6;white-space:normal">{line}<br>{right}</div>'


def _button(description: str, press: Callable, **look: str) -> ipywidgets.Button:
    button = ipywidgets.Button(description=description, layout={"width": "auto"}, **look)
    button.on_click(press)
    return button


def _title(words: str) -> ipywidgets.HTML:
    return ipywidgets.HTML(f"<strong>{words}</strong>")


def _table(readings: dict[str, Reading]) -> str:
    cell = '<td style="text-align:left;vertical-align:top;padding:2px 12px 2px 0'
    rows = "".join(
        f'<tr style="background:none">{cell};white-space:nowrap"><em>{name}</em></td>'
        f'{cell};white-space:normal">{html.escape(reading.sentence)}</td></tr>'
        for name, reading in readings.items()
    )
    return f'<table role="status" style="line-height:1.4">{rows}</table>'


def _about(slug: str, accused: Sequence[str]) -> str:
    """What the bank says to whoever makes this mistake."""
    if slug in accused:
        return _note(STATES["wrong"][0], f"`{slug}` was not it.", STATES["wrong"][2])
    feedback = next(suspect.feedback for suspect in suspects() if suspect.slug == slug)
    return _note("?", f"Whoever wrote `{slug}` is told: {feedback}", STATES["not attempted"][2])


def _note(sign: str, words: str, colour: str) -> str:
    return (
        f'<div role="status" style="max-width:46em;line-height:1.4;white-space:normal">'
        f'<strong style="color:{ink(colour)}">{sign}</strong> {inline(words)}</div>'
    )
