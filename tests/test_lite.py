"""The site that needs no install: complete, readable in a real browser, and content with what a browser's Python has.

Python itself comes from a public address that may be out of reach here. What takes its place in the browser answers to
the same call, and fetches what it is told to load from where Pyodide would.
"""

import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PathDistribution
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

from tests.test_layout import tracked
from utils.exercises import get
from utils.judge.code import calls
from utils.judge.code.calls import time_limit
from utils.teach.lite import ENVIRONMENT, EXTENSIONS, PURE, PYODIDE, main, run

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted(path.name for path in ROOT.glob("notebooks/[!.]*.ipynb"))
MASTERS = sorted(path.name for path in ROOT.glob("solutions/[!.]*.ipynb"))
PATIENCE = 90_000  # ms; a busy machine is slow, not wrong

PYODIDE_ADDRESS = re.compile(r"https://[^/]+/pyodide/v[\d.]+/full/pyodide\.mjs")
STAND_IN = """export async function loadPyodide({ packages, env }) {
  const wheels = packages.filter(name => name.endsWith(".whl"));
  const answers = await Promise.all(wheels.map(name => fetch(new URL(name, self.location))));
  console.log("told to load " + JSON.stringify({ packages, env, statuses: answers.map(a => a.status) }));
  return new Promise(() => {});
}"""

# What Pyodide has not: threads, processes, an alarm, and packages that only a desktop has.
BROWSER_LIKE = """
import signal, sys, threading
def start(self):
    raise RuntimeError("can't start new thread")
threading.Thread.start = start
del signal.setitimer
for name in ("_multiprocessing", "platformdirs", "psutil", "nbformat", "jupyter_client", "ipykernel", "zmq", "tornado"):
    sys.modules[name] = None
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("lite") / "site"
    assert main(["--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def installed(site, tmp_path_factory):
    """A folder with the workbook's wheel unpacked, as a kernel has it."""
    (wheel,) = site.glob("pypi/gradients_by_hand-*.whl")
    folder = tmp_path_factory.mktemp("site-packages")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def in_a_browser(code, installed, drive):
    """The lines that code prints in a Python that has the wheel and the drive, and lacks what a browser lacks."""
    environment = os.environ | {"PYTHONPATH": str(installed), "WORKBOOK_PROGRESS": str(drive / ".progress.jsonl")}
    done = subprocess.run(
        [sys.executable, "-c", BROWSER_LIKE + code], cwd=drive, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# What lies in it


def test_the_site_lists_and_holds_every_notebook_which_says_the_same_with_every_text_in_one_piece(site):
    listed = json.loads((site / "api/contents/all.json").read_text())["content"]
    assert {entry["name"] for entry in listed} == {*CHAPTERS, "solutions"}
    for folder, names in (("notebooks", CHAPTERS), ("solutions", MASTERS)):
        there = site / "files" / folder.removeprefix("notebooks")
        assert sorted(path.name for path in there.glob("*.ipynb")) == names
        for name in names:
            theirs = json.loads((there / name).read_text(encoding="utf-8"))
            assert theirs == nbformat.read(ROOT / folder / name, as_version=4)
            for cell in theirs["cells"]:
                shown = [data for output in cell.get("outputs", []) for data in output.get("data", {}).values()]
                said = [cell["source"], *(output.get("text", "") for output in cell.get("outputs", []))]
                assert all(isinstance(data, str | dict) for data in shown) and all(isinstance(t, str) for t in said)


def test_the_extensions_that_draw_the_widgets_are_in_it_and_no_others(site):
    settings = json.loads((site / "jupyter-lite.json").read_text())["jupyter-config-data"]
    assert {extension["name"] for extension in settings["federated_extensions"]} == set(EXTENSIONS)
    for extension in settings["federated_extensions"]:
        assert (site / "extensions" / extension["name"] / extension["load"]).is_file()


def test_its_wheels_are_pure_python_and_need_nothing_that_is_not_there(site):
    wheels = sorted(site.glob("pypi/*.whl"))
    assert all(wheel.name.endswith("-py3-none-any.whl") for wheel in wheels)
    assert set(json.loads((site / "pypi/all.json").read_text())) == {"gradients-by-hand", *PURE}
    there = {"gradients-by-hand", *PURE, *PYODIDE, "traitlets"}  # IPython brings traitlets
    there |= {"jupyterlab-widgets", "widgetsnbextension"}  # their work is done by the extensions
    browser = {"python_version": "3.14", "sys_platform": "emscripten", "extra": ""}
    for wheel in wheels:
        (info,) = (path for path in zipfile.Path(wheel).iterdir() if path.name.endswith(".dist-info"))
        for line in PathDistribution(info).requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate(browser):
                assert needed.name.replace("_", "-") in there, f"{wheel.name} needs {needed}"


def test_the_workbooks_wheel_has_every_module_and_data_file(installed):
    parts = [path.relative_to(ROOT).parts for path in tracked()]
    carried = [each for each in parts if each[0] == "utils" and each[1] != "teach"]
    assert [each for each in carried if not installed.joinpath(*each).is_file()] == []


# What a reader's browser makes of it


@pytest.fixture(scope="module")
def address(site):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=site)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def page(browser, address):
    """The address of the site, opened for the first time."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    answer = {"body": STAND_IN, "content_type": "text/javascript", "headers": {"Access-Control-Allow-Origin": "*"}}
    context.route(re.compile(f"^(?!{address}|data:|blob:)"), lambda route: route.abort())
    context.route(PYODIDE_ADDRESS, lambda route: route.fulfill(**answer))
    tab = context.new_page()
    tab.problems, tab.said = [], []
    tab.on("pageerror", lambda error: tab.problems.append(str(error)))
    tab.on("console", lambda message: tab.said.append(message.text))
    tab.goto(address)
    tab.locator(".jp-NotebookPanel .jp-CodeCell").first.wait_for()
    yield tab
    context.close()


def test_its_address_opens_the_first_chapter_beside_the_list_of_all(page):
    page.locator(".lm-TabBar-tab.lm-mod-current .lm-TabBar-tabLabel", has_text=CHAPTERS[0]).wait_for()
    page.get_by_role("heading", name="Gradients by Hand").wait_for()
    page.locator(".jp-DirListing-item", has_text=CHAPTERS[0]).wait_for()
    assert page.locator(".jp-DirListing-itemText").all_inner_texts() == ["solutions", *CHAPTERS]
    assert page.evaluate("document.body.dataset.jpThemeLight") == "true"


def test_before_any_kernel_runs_the_page_shows_pictures_and_verdicts(page):
    page.locator(".jp-CodeCell", has_text="scores_figure()").locator("img").wait_for()
    page.mouse.move(800, 500)
    card = page.locator(".jp-OutputArea-output", has_text="Your code stopped")
    for _ in range(400):  # what is far out of sight is not on the page
        if card.is_visible():
            break
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(50)
    text = card.text_content()
    assert text.split()[1:4] == ["Your", "code", "stopped"]
    assert not re.search(r"^\s*,", text, re.MULTILINE), "the lines of an output are not joined by commas"


def test_a_kernel_is_told_to_load_the_workbook_and_finds_all_its_wheels(page, site):
    while not (lines := [line for line in page.said if line.startswith("told to load ")]):
        page.wait_for_event("console", timeout=PATIENCE)
    told = json.loads(lines[0].removeprefix("told to load "))
    assert told["packages"][: len(PYODIDE)] == list(PYODIDE)
    assert [Path(name).name for name in told["packages"][len(PYODIDE) :]] == sorted(
        path.name for path in site.glob("pypi/*.whl")
    )
    assert set(told["statuses"]) == {200}
    assert told["env"] == ENVIRONMENT
    assert page.problems == []


# What a browser's Python makes of it

FIRST_KERNEL = """
import utils
from utils.exercises import BANK
from utils.judge.exercise import Exercise
from utils.panels.progress import PROGRESS

print(utils.__file__)
for name in utils.__all__:
    getattr(utils, name)
for asked in BANK.values():
    if isinstance(asked, Exercise):
        right, wrong = asked.check(asked.reference), asked.check(asked.mistakes[0].formula)
        PROGRESS.record(right)
        print(right.state, wrong.mistake == asked.mistakes[0].slug)
"""
SECOND_KERNEL = """
from utils.panels.progress import PROGRESS
from utils.panels.solution import solution

print(PROGRESS.states().get("2a_1.softmax"), "def one_hot" in solution("00.one_hot"))
try:
    import utils.teach.grade
except ImportError as error:
    print(error)
"""


def test_the_workbook_works_without_threads_and_processes_and_its_kernels_share_the_drive(installed, site):
    where, *verdicts = in_a_browser(FIRST_KERNEL, installed, site / "files")
    assert Path(where).is_relative_to(installed)
    assert len(verdicts) > 20 and set(verdicts) == {"right True"}
    found, elsewhere = in_a_browser(SECOND_KERNEL, installed, site / "files")
    assert found == "right True"  # the other kernel's progress, and the masters that the Solution button reads
    assert elsewhere == "utils.teach cannot run in a browser; it runs where the workbook is installed"


def test_an_answer_that_never_ends_is_stopped_where_there_is_no_alarm(monkeypatch):
    def answer():
        while True:
            pass

    monkeypatch.setattr(calls, "HAS_ALARM", False)
    tracing = sys.gettrace()
    with pytest.raises(TimeoutError, match=r"0\.2 seconds"), time_limit(0.2):
        answer()
    assert sys.gettrace() is tracing
    with time_limit(5):
        assert get("2a_1.softmax").check(get("2a_1.softmax").reference).state == "right"


# The command


@pytest.mark.parametrize(
    ("missing", "stand_in", "said"),
    [
        ("find_spec", lambda name: None, "pip install -e '.[lite]'"),
        ("ROOT", Path("installed/from/a/wheel"), "pip install -e ."),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_written(missing, stand_in, said, monkeypatch, tmp_path):
    monkeypatch.setattr(f"utils.teach.lite.{missing}", stand_in)
    with pytest.raises(SystemExit, match=re.escape(said)):
        main(["--out", str(tmp_path / "site")])
    assert not (tmp_path / "site").exists()


def test_an_earlier_site_is_renewed_and_what_else_lies_there_is_kept(monkeypatch, tmp_path):
    def build(scratch):
        (scratch / "jupyter-lite.json").write_text("new")
        return scratch

    monkeypatch.setattr("utils.teach.lite.build", build)
    (tmp_path / "jupyter-lite.json").write_text("old")
    (tmp_path / "CNAME").write_text("gradients.example.edu")
    assert main(["--out", str(tmp_path)]) == 0
    assert (tmp_path / "jupyter-lite.json").read_text() == "new"
    assert (tmp_path / "CNAME").read_text() == "gradients.example.edu"


def test_a_step_that_fails_says_why(monkeypatch, tmp_path):
    monkeypatch.setattr(
        "utils.teach.lite.build", lambda scratch: run([sys.executable, "-c", "exit('no such package')"])
    )
    with pytest.raises(SystemExit, match=r"^no such package\n\nThis command did not succeed: .*python"):
        main(["--out", str(tmp_path / "site")])
