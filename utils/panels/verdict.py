"""The verdict under a cell: what the check found, hints one press at a time, and the solution on purpose."""

import functools
import html
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from utils.exercises import Choice, Exercise, Sheet, Verdict, get
from utils.figures.page import display, view
from utils.judge.derivation import UNFINISHED
from utils.judge.verdict import MIME, Place
from utils.panels.buttons import Buttons
from utils.panels.progress import PROGRESS
from utils.panels.solution import solution

# Sign and word carry the state; colour only repeats it.
STATES = {
    "right": ("✓", "Right", "#1a9c6b"),
    "wrong": ("✗", "Not yet", "#d1641a"),
    "not attempted": ("○", "Not attempted", "#808a93"),
    "your code stopped": ("⚠", "Your code stopped", "#a565c9"),
    "checker fault": ("⚙", "Checker fault", "#3b82c4"),
}
# What is right as far as it goes is no mistake.
ON_THE_WAY = "…", "Right so far", "#3b82c4"
# What all cards bring along, and all tables. A widget cannot outlive its kernel: in a notebook that is opened again
# JupyterLab puts an error message in its place, and the card an advice. In a narrow page what is said of a line goes
# below it, and a long formula scrolls within its line.
STYLE, NARROW = (
    f"<style>\n{Path(__file__).with_name(f'{name}.css').read_text('utf-8')}</style>" for name in ("card", "rows")
)
MUTED = "color:var(--jp-ui-font-color2,#666)"
SIGNS = {"✓": ("right", "this is"), "✗": ("wrong", "here it goes wrong")}  # of a line: its state, and how it is heard
CODE = "white-space:pre-wrap;overflow-wrap:anywhere"
PLAIN = "[^*`$]+"
INLINE = re.compile(rf"`(?P<code>[^`]+)`|(?P<maths>\$[^$]+\$)|\*\*(?P<strong>{PLAIN})\*\*|\*(?P<em>{PLAIN})\*")
REFERENCE_STANDS_IN = "Until your function is right, the cells below use the reference in its place."


def exercise(id: str, record: bool = True) -> Callable[[Any], Any]:
    """Check the function below at once, and show the verdict under the cell.

    id: the exercise, such as "2a_1.softmax". record: whether it counts as the reader's own attempt. The decorated name
    becomes the reader's function where it is right and the reference where it is not, so that all that follows works.
    Raises ValueError if there is no such function to write.
    """
    asked = get(id, Exercise)

    def check(answer: Any) -> Any:
        verdict = asked.check(answer)
        if record:
            PROGRESS.record(verdict)
        show_verdict(verdict)
        if verdict.state != "right":
            return _stand_in(asked.reference, answer, verdict)
        with suppress(AttributeError, TypeError):  # some take no name
            answer.is_right = True  # what is wrong below is not in here
        return answer

    return check


def _stand_in(reference: Callable, answer: Any, verdict: Verdict) -> Callable:
    """The reference, for the cells below an answer that is not right. It carries the answer along, so that a figure
    draws both; not one that never ends, or that nobody has written yet."""

    @functools.wraps(reference)
    def function(*arguments: Any, **named: Any) -> Any:
        return reference(*arguments, **named)

    tried = verdict.state in ("wrong", "your code stopped") and verdict.mistake != "too-slow" and callable(answer)
    function.answer = answer if tried else None
    return function


def show_verdict(verdict: Verdict) -> None:
    """Display a verdict and, below it, the button that shows the solution."""
    display(bundle(verdict), raw=True)
    if verdict.state != "checker fault":
        solution_button(verdict)


def bundle(verdict: Verdict, pressed: Any = None) -> dict[str, Any]:
    """A verdict as a display bundle: the same text at every run, a card, and a record for tests and graders.

    pressed: an answer that stands nowhere in the cell. The record keeps it, so that it is handed in with the notebook.
    """
    name = f" ({verdict.mistake})" if verdict.mistake and verdict.state != "right" else ""
    own = verdict.place.lines if verdict.place else ()
    lines = [f"  {n or '':>2} {sign or ' '} {text}{what and f'   {what}'}" for n, text, sign, what, _ in own]
    return {
        "text/plain": "\n".join([f"{verdict.exercise}: {verdict.state}{name}", verdict.message, *lines]),
        "text/html": _card(verdict),
        MIME: {"exercise": verdict.exercise, "state": verdict.state, "mistake": verdict.mistake}
        | ({"answer": pressed} if pressed else {}),
    }


def solution_button(verdict: Verdict) -> Callable[[Verdict], None]:
    """A button that shows the solution under it. As long as the answer is not right, the first press only asks whether
    you mean it. Returns what is to be called when another answer is given to the same exercise."""
    asks, means_it, hides, shows = "Solution", "Show it: I have tried", "Hide the solution", "Show the solution"

    def first(verdict: Verdict) -> dict[str, str]:
        return {"solution": "Compare with ours" if verdict.state == "right" else asks}

    button = Buttons(first(verdict), lambda _: press(), toggles=False)
    say = "Solution: run this cell, then press the button that appears here."
    display(view(button) | {"text/plain": say}, raw=True)
    button.say(spoken(verdict))
    shown = display({"text/markdown": "", "text/plain": ""}, raw=True, display_id=True)

    def press() -> None:
        label = button.labels["solution"]
        if label == asks:
            button.offer({"solution": means_it})
            return
        text = "" if label == hides else solution(verdict.exercise)
        button.offer({"solution": hides if text else shows})
        shown.update({"text/markdown": text, "text/plain": text}, raw=True)

    def follow(verdict: Verdict) -> None:
        if button.labels["solution"] not in (hides, shows):
            button.offer(first(verdict))

    return follow


def spoken(verdict: Verdict) -> str:
    """A verdict for who hears the page; of an exercise that nobody has tried there is nothing to hear."""
    if verdict.state == "not attempted":
        return ""
    return f"{standing(verdict)[1]}: {get(verdict.exercise).title}. {verdict.message}"


def ink(colour: str) -> str:
    """A colour for words: drawn a little towards the theme's own ink, so that it is legible on light and dark."""
    return f"color-mix(in srgb, {colour} 75%, var(--jp-ui-font-color0, black))"


def inline(text: str) -> str:
    """A sentence of Markdown as HTML: `code`, *emphasis*, **strong**, and $maths$ left for the notebook to typeset."""

    def shown(found: re.Match) -> str:
        tag, words = found.lastgroup, found[found.lastgroup]
        return words if tag == "maths" else f"<{tag}>{words}</{tag}>"

    return INLINE.sub(shown, html.escape(text, quote=False))


def standing(verdict: Verdict) -> tuple[str, str, str]:
    """Sign, word and colour."""
    unfinished = verdict.state == "wrong" and verdict.mistake in {"unfinished", *UNFINISHED}
    return ON_THE_WAY if unfinished else STATES[verdict.state]


def _card(verdict: Verdict) -> str:
    asked = get(verdict.exercise)
    sign, word, colour = standing(verdict)
    chosen = isinstance(asked, Choice | Sheet)  # the name of what was chosen tells nothing more
    named = f" &middot; <code>{verdict.mistake}</code>" if verdict.mistake and not chosen else ""
    level = "●" * asked.level + "○" * (3 - asked.level)
    box = (
        "background:var(--jp-layout-color2,#f3f3f3);color:inherit;padding:6px 10px;margin:6px 0;"
        "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere"
    )
    lines = [
        STYLE,
        f'<div class="workbook-verdict" data-exercise="{asked.id}" data-state="{verdict.state}" '
        f'style="border-left:4px solid {colour};padding:4px 14px;margin:6px 0;max-width:64em">',
        f'<div><strong style="color:{ink(colour)}">{sign} {word}{named}</strong>&nbsp; {inline(asked.title)} '
        f'<span style="{MUTED}">&middot; <code>{asked.id}</code> &middot; <span style="white-space:nowrap">'
        f'{asked.minutes} min &middot; <span title="level {asked.level} of 3">{level}</span></span></span></div>',
        f'<div style="margin:6px 0">{inline(verdict.message)}</div>',
    ]
    if verdict.place:
        lines.append(your_lines(verdict.place))
    if verdict.detail:
        lines.append(f'<pre style="{box}">{html.escape(str(verdict.detail))}</pre>')
    if verdict.printed:
        lines.append(f'<div style="{MUTED}">Printed during the first call:</div>')
        lines.append(f'<pre style="{box}">{html.escape(verdict.printed)}</pre>')
    if verdict.state not in ("right", "checker fault"):
        lines.append(_hints(asked.hints))
        if isinstance(asked, Exercise):
            lines.append(f'<div style="{MUTED};font-size:90%">{REFERENCE_STANDS_IN}</div>')
    return "\n".join([*lines, "</div>"])


def your_lines(place: Place) -> str:
    """The reader's own lines as a table: number, mark, code, what it is. The part that goes wrong is underlined."""
    cell = "padding:3px 8px;vertical-align:baseline;text-align:left;background:none;line-height:1.7"
    rows = []
    for number, text, sign, what, start in place.lines:
        state, said = SIGNS.get(sign, ("", ""))
        colour = f"color:{ink(STATES[state][2])}" if state else ""
        room = f"min-width:min({3 + 0.63 * len(text):.0f}em,40vw)"  # on one line, where there is room for it
        mark = f'<span role="img" aria-label="{said}" style="{colour}">{sign}</span>' if sign else ""
        rows.append(
            f'<tr style="background:none" data-sign="{state}">'
            f'<td style="{cell};{MUTED};text-align:right;font-variant-numeric:tabular-nums">{number or ""}</td>'
            f'<td style="{cell};font-weight:bold">{mark}</td>'
            f'<td style="{cell};{CODE};{room}{"" if number else ";padding-left:2em"}">'
            f"<code>{underlined(text, start, len(place.expression))}</code></td>"
            f'<td style="{cell};{"" if sign == "✗" else MUTED}">{inline(what)}</td></tr>'
        )
    return table(rows, "workbook-place", "Your lines, and what each of them is")


def table(rows: Iterable[str], name: str, label: str) -> str:
    """Rows of a number, a mark, what is written and what is said of it."""
    return (
        f'{NARROW}<div class="workbook-rows"><table class="{name}" aria-label="{label}" '
        f'style="border-collapse:collapse;margin:6px 0;max-width:100%">{"".join(rows)}</table></div>'
    )


def underlined(text: str, start: int | None, length: int) -> str:
    """Code with the part of it underlined that begins at `start`, if one does."""
    if start is None:
        return html.escape(text)
    wave = f"text-decoration:underline wavy {STATES['wrong'][2]};text-underline-offset:3px"
    before, part, after = map(html.escape, (text[:start], text[start : start + length], text[start + length :]))
    return f'{before}<span style="{wave}">{part}</span>{after}'


def _hints(hints: Sequence[str]) -> str:
    """Each hint lies inside the one before, so that one press opens one more."""
    inside = ""
    for number in range(len(hints), 0, -1):
        head = f'<summary style="cursor:pointer">Hint {number} of {len(hints)}</summary>'
        inside = f'<div style="margin:4px 0 4px 1em">{inline(hints[number - 1])}{inside}</div>'
        inside = f'<details style="margin:4px 0">{head}{inside}</details>'
    return inside
