"""The worked solution of one exercise, read from the master notebook at the moment it is asked for."""

import json
import re
from itertools import takewhile
from pathlib import Path

from utils.exercises import chapter_of
from utils.panels.progress import ROOT

# Beside the package; where the package lies apart, as in a browser, beside the notebook or its folder.
FOLDERS = ROOT / "solutions", Path("solutions"), Path("../solutions")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def solution(id: str) -> str:
    """The answer to an exercise and its explanation, as Markdown; a sentence where the solutions are not at hand."""
    chapter = chapter_of(id)
    for path in sorted(path for folder in FOLDERS for path in folder.glob(f"{chapter}_*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for index, cell in enumerate(cells):
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and BEGIN in source and _asks(source, id):
                answer = "\n".join(line for line in source.splitlines() if line.strip() not in (BEGIN, END))
                below = ("".join(cell["source"]) for cell in takewhile(_explains, cells[index + 1 :]))
                explained = (re.sub(r"^#+ (.*)", r"**\1**", text) for text in below)
                return "\n\n".join([f"```python\n{answer}\n```", *explained])
    return f"The solution of `{id}` is not part of this copy: there is no `solutions/` folder with chapter {chapter}."


def _asks(source: str, id: str) -> bool:
    return f'"{id}"' in source or source.splitlines()[0].split() == ["%%derivation", id]


def _explains(cell: dict) -> bool:
    return cell["cell_type"] == "markdown" and "solution" in cell.get("metadata", {}).get("tags", [])
