"""What the READMEs show how to add does work when it is added, and what they link is there."""

import io
import re
import runpy
import warnings
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote

import nbformat
import numpy as np
import pytest

from tests import derivation_data
from tests.figures import agree
from tests.pages import notebook, rows
from utils.bank.catalogue import Reader
from utils.exercises import BANK, Derivation
from utils.judge.algebra import HIDDEN_LAYER, Function, Setting, Trap, judge
from utils.judge.bank import built, names
from utils.panels.derivation import derivation

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "utils/README.md", "utils/bank/README.md", "utils/teach/README.md")
}
README, ADDING = PAGES["README.md"], PAGES["utils/README.md"]
NOTEBOOKS = [
    f"{folder}/{path.name}" for folder in ("notebooks", "solutions") for path in ROOT.glob(f"{folder}/[!.]*.ipynb")
]
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
LINK = re.compile(r"""\]\(<?([^)\s>]+)>?(?: [^)]*)?\)|(?:href|src)=["']([^"']+)""")


def example(kind):
    """The block behind <!-- kind -->."""
    return re.search(rf"<!-- {kind} -->\n(`{{3,}})\w+\n(.*?)\1\n", ADDING, re.S)[2]


def added(kind, tmp_path):
    """The derivation that is added in this way: by an entry of a chapter's page, or in Python."""
    source = example(f"derivation: {kind}")
    if kind != "page":
        return eval(source, {"Derivation": Derivation, "Setting": Setting, "Trap": Trap})
    page = tmp_path / "2b_1.md"
    page.write_text(f"# A chapter\n\n{source}", encoding="utf-8")
    (entry,) = Reader(page, names()).entries().values()
    return built(entry)


@pytest.mark.parametrize(("kind", "wrong", "line", "slug"), derivation_data.rows("added"))
def test_a_derivation_is_added_in_one_entry(kind, wrong, line, slug, monkeypatch, tmp_path, screen):
    asked = added(kind, tmp_path)
    assert all(asked.check(text).state == "right" for text in asked.accepts)
    assert asked.check(f"{asked.question}\n{asked.answer}").mistake == "too-few-steps"
    for trap in asked.traps:
        assert asked.check(f"{asked.question}\n{trap.text}").mistake == trap.slug
    known = [(mistake.text, mistake.line, mistake.slug) for mistake in asked.mistakes]
    assert kind != "page" or len(known) >= 4
    for text, at, name in [*known, (wrong.replace("↵", "\n"), int(line), slug)]:
        verdict, reading = asked.examine(text)
        assert (verdict.state, reading.first_slip.number, verdict.mistake) == ("wrong", at, name)
    monkeypatch.setitem(BANK, asked.id, asked)
    derivation(asked.id, asked.accepts[0])
    assert "Right" in screen.outputs[0]["text/html"]


def test_the_cell_that_asks_it_has_a_right_derivation(tmp_path):
    asked = added("page", tmp_path)
    _, *lines = example("derivation: cell").splitlines()
    assert asked.check("\n".join(line for line in lines if "SOLUTION" not in line)).state == "right"


def test_functions_are_added_to_one_setting_with_their_name_and_typesetting():
    setting = eval(example("derivation: functions"), {"Setting": Setting, "Function": Function, "np": np})
    lines = "D(h[j], z[j])\nD(tanh(z[j]), z[j])\n1 - tanh(z[j]) ** 2"
    reading = judge(lines, setting, "D(h[j], z[j])", "1 - h[j] ** 2")
    assert reading.right and r"\tanh(z_{j})" in reading.steps[-1].latex
    assert judge("D(J, h)\nrelu(h) / norm(relu(h))", setting, "D(J, h)", "relu(h) / J").steps[-1].status == "right"
    elsewhere = judge("D(h, z)\ntanh(z)", HIDDEN_LAYER, "D(h, z)", "diag(h * (1 - h))").first_slip
    assert elsewhere.reason.startswith("`tanh` is not a function.")


def test_a_figure_is_added_in_one_file():
    scope = {}
    exec(example("figure"), scope)
    figure = scope["SigmoidFigure"](z=-3)
    assert figure.picture(figure.state(z=0))["twin"] == "At z = 0.0 the sigmoid is 0.500."
    assert figure.picture(figure.state(z=0))["shapes"] != figure.picture(figure.state(z=1))["shapes"]
    exec(example("figure: oracle"), scope)
    agree(scope["sigmoid_figure"], figure, {"z": 1})


@pytest.mark.parametrize("command", sorted({*re.findall(r"python -m (utils\.[\w.]*\w)", "".join(PAGES.values()))}))
def test_each_command_explains_itself_whatever_the_consoles_encoding(command, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr("sys.stdout", console)
    monkeypatch.setattr("sys.argv", ["", "--help"])
    with pytest.raises(SystemExit), warnings.catch_warnings(action="ignore"):  # it has been imported already
        runpy.run_module(command, run_name="__main__")
    print("ŷ", file=console, flush=True)
    assert console.buffer.getvalue().startswith(f"usage: python -m {command} [-h]".encode())


@pytest.mark.parametrize(("command", "words"), rows("What a command refuses"))
def test_a_command_that_cannot_be_followed_is_told_why(command, words, tmp_path, monkeypatch, capsys):
    files = {"page.txt": b"y_hat[i]", "bytes.tex": b"\xff\xfe\xff", "in/a.ipynb": notebook("1").encode()}
    (tmp_path / "in").mkdir()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    module, *arguments = command.split()
    module = import_module(f"{module}.__main__" if module == "utils.teach.grade" else module)
    with pytest.raises(SystemExit) as stop:
        module.main(arguments)
    assert stop.value.code == 2 and words in capsys.readouterr().err
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")} == {"in", "empty", *files}


def prose(path):
    """The Markdown of a page or a notebook."""
    if path.suffix == ".md":
        return path.read_text(encoding="utf-8")
    return "\n\n".join(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown")


def anchors(path):
    """What a link into a page may name: its headings, as GitHub writes them or, of a notebook, JupyterLab; and ids."""
    text = prose(path)
    headings = [re.sub(r"[*`_]", "", heading) for heading in re.findall(r"^#{1,6} +(.+?) *#*$", text, re.MULTILINE)]
    if path.suffix == ".md":
        headings = [re.sub(r"[^\w\- ]", "", heading).lower() for heading in headings]
    return {heading.replace(" ", "-") for heading in headings}.union(re.findall(r'id="([^"]+)"', text))


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS])
def test_what_is_linked_is_there(page):
    links = {unquote("".join(found)) for found in LINK.findall(CODE.sub("", prose(ROOT / page)))}
    for link in links:
        file, _, anchor = link.partition("#")
        target = (ROOT / page).parent / file if file else ROOT / page
        if not re.match(r"(https?|mailto|data|attachment):", link):
            assert target.exists() and (not anchor or anchor in anchors(target)), link


def test_the_first_page_is_short_and_shows_every_room_of_the_house_before_every_chapter():
    assert len(README.splitlines()) < 150
    house, chapters = README.partition("## The house")[2].split("## The chapters")
    for path in (ROOT / "utils").iterdir():
        assert path.name.startswith("_") or f"utils/{path.name}{'/' if path.is_dir() else ''} " in house
    assert all(f"(notebooks/{path.name})" in chapters for path in ROOT.glob("solutions/*.ipynb"))
