"""The board of the bug hunt: probes to take, suspects to accuse, and what is left of the budget."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets

from utils.exercises.bug_hunt import BUDGET, PASSES, POINTS, PROBES, RIGHT, D, H, Hunt, K, N, Pass, Reading, probes
from utils.widgets.page import show
from utils.widgets.verdict import STATES, ink, inline

BOARD = "workbook-hunt"
# JupyterLab's own sign of a pressed button is a shade of grey, next to none in its dark theme.
STYLE = f"<style>.{BOARD} .mod-active {{outline:2px solid currentColor; outline-offset:-2px; font-weight:bold}}</style>"


def bug_hunt(seed: int = 0) -> None:
    """Play a hunt. seed: which; the same seed plants the same bugs, and the last button goes on to the next seed."""
    board = _Board(seed)
    show(board.whole, {"text/plain": str(board.hunt)})


class _Board:
    """The widgets of a hunt. All that they show is drawn anew from the hunt after each press."""

    def __init__(self, seed: int) -> None:
        self.head, self.readings = ipywidgets.HTMLMath(), ipywidgets.HTML()
        self.about, self.said = ipywidgets.HTMLMath(), ipywidgets.HTMLMath()
        self.probes = {name: _button(name, lambda _, name=name: self.probe(name), "11em") for name in PROBES}
        self.suspects = ipywidgets.ToggleButtons(options=["..."], style={"button_width": "auto"})
        self.suspects.observe(lambda _: self.show(), names="value")
        self.suspects.add_class(BOARD)
        self.name_it = _button("Name it", lambda _: self.accuse(), button_style="primary")
        self.onward = _button("", lambda _: self.go_on())
        asks = [
            ipywidgets.HBox([button, ipywidgets.HTML(_line(PROBES[name].asks))]) for name, button in self.probes.items()
        ]
        self.whole = ipywidgets.VBox(
            [
                self.head,
                _title("Probes"),
                ipywidgets.GridBox(asks, layout={"grid_template_columns": "repeat(auto-fill, minmax(30em, 1fr))"}),
                self.readings,
                _title(f"{STYLE}Suspects"),
                self.suspects,
                self.about,
                ipywidgets.HBox([self.name_it, self.onward]),
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
            self.line_up()
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
            self.line_up()

    def line_up(self) -> None:
        """Show the suspects, none of them chosen, each with what has become of it."""
        now = self.current
        signs = dict.fromkeys(now.accused, "wrong") | ({now.bug.slug: "right"} if now.state == "named" else {})
        self.suspects.options = [(f"{STATES[signs[s]][0]} {s}" if s in signs else s, s) for s in now.line_up]
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
        self.about.value = "" if slug is None else _about(slug, now)
        self.onward.description = "Next hunt" if self.at + 1 == PASSES else "Next pass"

    def _head(self) -> str:
        hunt, now = self.hunt, self.current
        budget = f"left for this pass: <strong>{'●' * now.left}{'○' * (BUDGET - now.left)}</strong>"
        line = (
            f"<strong>Bug hunt {hunt.seed}</strong> &middot; pass {self.at + 1} of {PASSES} &middot; "
            f"{hunt.points} points &middot; "
            + (budget if now.state == "open" else f"this pass: <strong>{now.state}</strong>")
        )
        closed = [p for p in hunt.passes if p.state != "open"]
        if len(closed) == PASSES:
            named = [p for p in closed if p.state == "named"]
            line += f"<br>{len(named)} of {PASSES} named, {hunt.points} of {PASSES * POINTS} points."
            if named:
                took, enough = sum(len(p.readings) for p in named), sum(len(p.shortest()) for p in named)
                line += f" For what you named you took {probes(took)}; to be sure takes {enough}."
        sizes = f"$N = {N}$, $D = {D}$, $H = {H}$, $K = {K}$"
        right = inline(f"Right is {RIGHT}, with {sizes}.")
        return f'<div role="status" style="line-height:1.6;white-space:normal">{line}<br>{right}</div>'


def _button(description: str, press: Callable, width: str = "auto", **look: str) -> ipywidgets.Button:
    button = ipywidgets.Button(description=description, layout={"width": width}, **look)
    button.on_click(press)
    return button


def _title(words: str) -> ipywidgets.HTML:
    return ipywidgets.HTML(f"<strong>{words}</strong>")


def _line(words: str) -> str:
    return f'<span style="line-height:1.3;white-space:normal">{words}</span>'


def _table(readings: dict[str, Reading]) -> str:
    cell = '<td style="text-align:left;vertical-align:top;padding:2px 12px 2px 0'
    rows = "".join(
        f'<tr style="background:none">{cell};white-space:nowrap"><em>{name}</em></td>'
        f'{cell};white-space:normal">{inline(reading.sentence)}</td></tr>'
        for name, reading in readings.items()
    )
    return f'<table role="status" style="line-height:1.4">{rows}</table>'


def _about(slug: str, now: Pass) -> str:
    """What the bank says to whoever makes this mistake."""
    if slug in now.accused:
        return _note(STATES["wrong"][0], f"`{slug}` was not it.", STATES["wrong"][2])
    return _note("?", f"Whoever wrote `{slug}` is told: {now.told(slug)}", STATES["not attempted"][2])


def _note(sign: str, words: str, colour: str) -> str:
    return (
        f'<div role="status" style="max-width:46em;line-height:1.4;white-space:normal">'
        f'<strong style="color:{ink(colour)}">{sign}</strong> {inline(words)}</div>'
    )
