"""The progress board: every exercise of the workbook, where it stands, and the minutes left."""

from typing import Any

from utils.exercises import BANK, CHAPTERS, chapter_of
from utils.figures.page import display
from utils.panels.progress import PROGRESS
from utils.panels.verdict import STATES, ink, inline, table


def progress_board(chapter: str | None = None) -> None:
    """Show the board, of one chapter ("2a_1") or of the whole workbook, where a chapter that is not begun is one row.
    It follows the verdicts of this notebook; run the cell again to see what other notebooks have added. Raises
    ValueError if there is no such chapter."""
    if chapter is not None and not BANK.of(chapter):
        raise ValueError(f"There is no chapter {chapter!r}; there are {', '.join(CHAPTERS)}")
    shown = display(_board(chapter), raw=True, display_id=True)
    PROGRESS.on_change[chapter or "all"] = lambda: shown.update(_board(chapter), raw=True)


def _board(chapter: str | None) -> dict[str, Any]:
    known = PROGRESS.states()
    asked = BANK.values() if chapter is None else BANK.of(chapter)
    states = {e.id: known.get(e.id, "not attempted") for e in asked}
    done = sum(state == "right" for state in states.values())
    left = sum(e.minutes for e in asked if states[e.id] != "right")
    minutes = f"{left} minute{'s' * (left != 1)}"
    summary = f"{done} of {len(asked)} right, about {minutes} of exercises left" if left else f"all {done} right"
    lines, rows = [], []
    cell = "padding:2px 12px 2px 0;text-align:left"
    digits = "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums"
    for here in dict.fromkeys(chapter_of(e.id) for e in asked):
        own = BANK.of(here)
        shown = [(e.id, states[e.id], "", inline(e.title), e.minutes) for e in own]
        if chapter is None and len(own) > 1 and all(states[e.id] == "not attempted" for e in own):
            counted = f"{len(own)} exercises"
            shown = [(here, "not attempted", f", {counted}", counted, sum(e.minutes for e in own))]
        for n, (name, state, more, title, minutes_here) in enumerate(shown):
            sign, word, colour = STATES.get(state, STATES["not attempted"])
            lines.append(f"  {sign} {name}: {state}{more}")
            line = "" if n else ";border-top:1px solid var(--jp-border-color2,#ccc)"
            rows.append(
                f'<tr style="background:none{line}"><td style="{cell}">{"" if n else f"<code>{here}</code>"}</td>'
                f'<td style="{cell};color:{ink(colour)};white-space:nowrap"><strong>{sign}</strong> {word}</td>'
                f'<td style="{cell}">{title}</td>'
                f'<td style="{cell};{digits}">{minutes_here} min</td></tr>'
            )
    bar = (
        f'<progress value="{done}" max="{len(asked)}" aria-label="exercises that are right" '
        f'style="display:block;width:34em;max-width:100%;accent-color:{STATES["right"][2]}"></progress>'
    )
    note = f'<div style="color:{ink(STATES["wrong"][2])}">{inline(PROGRESS.problem)}</div>' if PROGRESS.problem else ""
    return {
        "text/plain": "\n".join([f"Your progress: {summary}", *lines, *filter(None, [PROGRESS.problem])]),
        "text/html": (
            f'<div class="workbook-board"><strong>Your progress:</strong> {summary}{bar}'
            f"{table(rows, 'workbook-exercises', 'The exercises')}{note}</div>"
        ),
    }
