"""The command line: python -m utils.teach.slides [CHAPTER...] --out FOLDER"""

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from nbformat import NotebookNode

from utils.teach.command import command
from utils.teach.notebooks import ROOT, existing, parse, parse_chapters, read
from utils.teach.slides.cut import slides
from utils.teach.slides.page import MISSING, copy_scripts, deck, index


def master(chapter: str) -> NotebookNode:
    return parse(read(ROOT / "solutions" / f"{chapter}.ipynb"))


def main(arguments: list[str] | None = None) -> int:
    what = "Make decks to lecture from. Everything that they load is laid beside them: they need no network."
    parser = command("utils.teach.slides", what)
    parser.add_argument("--out", type=Path, default=Path("decks"), metavar="FOLDER", help="(default: decks)")
    parser.add_argument("--without-exercises", action="store_true", help="ask nothing: a deck for a short lecture")
    asked = parse_chapters(parser, arguments, ROOT)
    try:
        copy_scripts(asked.out / "lib")
    except PackageNotFoundError:
        sys.exit(MISSING)
    for chapter in asked.chapters:
        cut = slides(master(chapter), not asked.without_exercises)
        (asked.out / f"{chapter}.html").write_text(deck(cut[0].title, cut), encoding="utf-8")
        print(f"{asked.out / chapter}.html")
    made = {f"{chapter}.html": chapter for chapter in existing(ROOT) if (asked.out / f"{chapter}.html").exists()}
    titles = {file: master(chapter).cells[0].source.partition("\n")[0].strip("# ") for file, chapter in made.items()}
    (asked.out / "index.html").write_text(index(titles), encoding="utf-8")
    print(f"Open {asked.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
