"""Buttons to choose with: the one chosen is seen and said, the keyboard stays where it is, and a press that nobody has
heard says so."""

import pathlib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import anywidget
import traitlets


class Buttons(anywidget.AnyWidget):
    """One button for each option, in a group.

    options: {name: label}. press: what is called with the name of the one pressed. group: what the group is called, the
    question say. look: "list", a button a line; "row", side by side; "grid", in columns. toggles: whether the one
    pressed stays chosen.
    """

    _esm = pathlib.Path(__file__).with_name("buttons.js")
    _css = pathlib.Path(__file__).with_name("buttons.css")
    spec = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        options: Mapping[str, str],
        press: Callable[[str], Any],
        group: str = "",
        look: str = "row",
        toggles: bool = True,
        chosen: str | None = None,
        **traits: Any,
    ) -> None:
        about = {"group": heard(group), "look": look, "toggles": toggles, "said": [0, ""]}
        super().__init__(spec=about | {"options": _drawn(options, chosen)}, **traits)
        self._press = press
        self.on_msg(self._receive)

    @property
    def chosen(self) -> str | None:
        return next((option["name"] for option in self.spec["options"] if option["chosen"]), None)

    @property
    def labels(self) -> dict[str, str]:
        """What stands on the buttons, by name."""
        return {option["name"]: option["label"] for option in self.spec["options"]}

    def offer(
        self,
        options: Mapping[str, str],
        chosen: str | None = None,
        notes: Mapping[str, str] | None = None,
        off: Collection[str] = (),
    ) -> None:
        """Show these options in place of those before. notes: by name, a line below the label. off: those that do
        nothing now; they keep the keyboard's focus, which would else be lost."""
        self.spec = self.spec | {"options": _drawn(options, chosen, notes, off)}

    def press(self, name: str) -> None:
        """What happens when a button is pressed."""
        options = self.spec["options"]
        if any(option["name"] == name and not option["off"] for option in options):
            if self.spec["toggles"]:
                chosen = [option | {"chosen": option["name"] == name} for option in options]
                self.spec = self.spec | {"options": chosen}
            self._press(name)

    def say(self, words: str) -> None:
        """Have a screen reader say this, once; if it is nothing, what it is about to say is not cut short."""
        if words:
            self.spec = self.spec | {"said": [self.spec["said"][0] + 1, heard(words)]}

    def focus(self) -> None:
        """Hand the keyboard to the first of the buttons."""
        self.send({"focus": 0})

    def _receive(self, _: Any, message: dict[str, Any], buffers: Any) -> None:
        self.press(message["press"])
        self.send({"heard": message.get("ticket")})


def _drawn(options: Mapping, chosen: str | None, notes: Mapping | None = None, off: Collection = ()) -> list[dict]:
    notes = notes or {}
    return [
        {"name": name, "label": label, "note": notes.get(name, ""), "off": name in off, "chosen": name == chosen}
        for name, label in options.items()
    ]


# Of mathematics in LaTeX: what only sets it in type, a fraction, another pair of braces.
TYPESETTING = re.compile(r"\\(left|right|displaystyle|operatorname|mathrm|big|[,;!])(?![a-z])")
FRACTION = re.compile(r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
BRACES = re.compile(r"(?<!\\frac)(?<!\})\{([^{}]*)\}")
WORDS = {
    "\\neq": " is not ",
    "\\cdot": " times ",
    "\\partial": " d ",
    "\\hat": " hat ",
    "\\circ": " entry by entry times ",
}


def heard(markdown: str) -> str:
    """A sentence of Markdown as words to be spoken, without its signs."""
    words, before = TYPESETTING.sub(" ", markdown), ""
    while words != before:
        before = words
        words = FRACTION.sub(r" \1 over \2, ", BRACES.sub(r" \1 ", words))
    for sign, word in WORDS.items():
        words = words.replace(sign, word)
    words = " ".join(re.sub(r"[`$*{}]", "", words).replace("\\", " ").split())
    return re.sub(r" ([,.:;)])|([(_^]) ", r"\1\2", words)
