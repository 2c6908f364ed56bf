"""The board of the bug hunt: probes to take, suspects to accuse, and what is left of the budget."""

from __future__ import annotations

import ipywidgets

from utils.figures.page import show
from utils.panels.buttons import Buttons
from utils.panels.hunt import BUDGET, PASSES, POINTS, PROBES, RIGHT, D, H, Hunt, K, N, Pass, Reading, probes
from utils.panels.verdict import STATES, ink, inline


def bug_hunt(seed: int = 0) -> None:
    """Play a hunt. seed: which; the same seed plants the same bugs, and the last button goes on to the next seed."""
    board = _Board(seed)
    show(board.whole, {"text/plain": str(board.hunt)})


class _Board:
    """The widgets of a hunt. All that they show is drawn anew from the hunt after each press."""

    def __init__(self, seed: int) -> None:
        self.head, self.readings = ipywidgets.HTMLMath(), ipywidgets.HTML()
        self.about, self.said = ipywidgets.HTMLMath(), ipywidgets.HTMLMath()
        self.probes = Buttons(dict.fromkeys(PROBES, ""), self.probe, "Probes", "grid", toggles=False)
        for name, probe in PROBES.items():
            self.probes.set(name, note=probe.asks)
        self.suspects = Buttons({}, self.suspect, "Suspects", "grid")
        self.name_it = Buttons({"it": "Name it"}, self.accuse, look="main", toggles=False)
        self.onward = Buttons({"on": ""}, self.go_on, toggles=False)
        self.whole = ipywidgets.VBox(
            [
                self.head,
                _title("Probes"),
                self.probes,
                self.readings,
                _title("Suspects"),
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

    def probe(self, name: str) -> None:
        now = self.current
        if name in now.readings or (now.left and now.state == "open"):  # a quick second press overtakes `off`
            now.probe(name)
            self.probes.say(f"{now.readings[name].sentence} Left for this pass: {now.left}.")
        self.show()

    def suspect(self, slug: str) -> None:
        self.show()
        self.suspects.say(_told(slug, self.current))

    def accuse(self, _: str) -> None:
        now, slug = self.current, self.suspects.chosen
        if now.state == "open" and slug not in (None, *now.accused):
            said = now.accuse(slug)
            self.say("right" if now.state == "named" else "wrong", said)
            self.line_up()
        elif now.state == "open":
            self.say("not attempted", "Press a suspect first, one that has not been accused yet.")

    def go_on(self, _: str = "") -> None:
        if self.at >= 0 and self.current.state == "open":
            self.say("not attempted", "The bug of this pass is still at large: name it first.")
        elif self.at + 1 == PASSES:
            self.start(self.hunt.seed + 1)
        else:
            self.at += 1
            self.said.value = ""
            self.onward.say(f"Pass {self.at + 1} of {PASSES}.")
            self.line_up()

    def line_up(self) -> None:
        """Show the suspects, none of them chosen, each with what has become of it."""
        now = self.current
        signs = dict.fromkeys(now.accused, "wrong") | ({now.bug.slug: "right"} if now.state == "named" else {})
        self.suspects.offer({s: f"{STATES[signs[s]][0]} {s}" if s in signs else s for s in now.line_up})
        self.show()

    def say(self, state: str, words: str) -> None:
        sign, word, colour = STATES[state]
        self.said.value = _note(sign, words, colour)
        self.name_it.say(f"{word}: {words}")

    def show(self) -> None:
        now = self.current
        self.head.value = self._head()
        self.readings.value = _table(now.readings)
        with self.probes.hold_sync():
            for name in PROBES:
                taken = name in now.readings
                off = not taken and (now.left < 1 or now.state != "open")
                self.probes.set(name, label=f"{STATES['right'][0]} {name}" if taken else name, off=off)
        slug = self.suspects.chosen
        self.about.value = "" if slug is None else _about(slug, now)
        self.onward.set("on", label="Next hunt" if self.at + 1 == PASSES else "Next pass")

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
        return f'<div style="line-height:1.6;white-space:normal">{line}<br>{right}</div>'


def _title(words: str) -> ipywidgets.HTML:
    return ipywidgets.HTML(f"<strong>{words}</strong>")


def _table(readings: dict[str, Reading]) -> str:
    cell = '<td style="text-align:left;vertical-align:top;padding:2px 12px 2px 0'
    rows = "".join(
        f'<tr style="background:none">{cell};white-space:nowrap"><em>{name}</em></td>'
        f'{cell};white-space:normal">{inline(reading.sentence)}</td></tr>'
        for name, reading in readings.items()
    )
    return f'<table style="line-height:1.4">{rows}</table>'


def _about(slug: str, now: Pass) -> str:
    sign, _, colour = STATES["wrong"] if slug in now.accused else ("?", "", STATES["not attempted"][2])
    return _note(sign, _told(slug, now), colour)


def _told(slug: str, now: Pass) -> str:
    """What the bank says to whoever makes this mistake."""
    return f"`{slug}` was not it." if slug in now.accused else f"Whoever wrote `{slug}` is told: {now.told(slug)}"


def _note(sign: str, words: str, colour: str) -> str:
    return (
        f'<div style="max-width:46em;line-height:1.4;white-space:normal">'
        f'<strong style="color:{ink(colour)}">{sign}</strong> {inline(words)}</div>'
    )
