"""What a person does belongs to that person: on a shared install, in a stranger's notebook, and after a restart."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete

from tests.pages import notebook
from utils.judge.verdict import MIME
from utils.teach.grade.marking import mark

ROOT = Path(__file__).resolve().parents[1]
SHAPES = "2b_2.shapes"
RIGHT, WRONG = "Nothing at all", "Each is multiplied"  # how the answers "unchanged" and "larger" begin
UNTOUCHED = (None, "not attempted")
PATIENCE = 60


def handed_in(notebook, exercise="2a_1.shift"):
    """What a notebook keeps as the answer to an exercise, and how it is marked."""
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.outputs]
    (answer,) = [data[MIME].get("answer") for data in outputs if MIME in data and data[MIME]["exercise"] == exercise]
    (state,) = [m.state for m in mark(nbformat.writes(notebook)) if m.exercise == exercise]
    return answer, state


class Lab(NotebookClient):
    """What a page in JupyterLab does with a notebook: runs its cells, shows outputs, passes on presses, saves."""

    clear_before_next_output = False

    def __init__(self, path, **environment):
        super().__init__(nbformat.read(path, as_version=4), record_timing=False)
        self.path = path
        given = {name: value for name, value in os.environ.items() if name != "WORKBOOK_PROGRESS"}
        own = given | {"JPY_SESSION_NAME": str(path)} | environment
        self.km, self.kc = start_new_kernel(PATIENCE, cwd=str(path.parent), env=own)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kc.stop_channels()
        self.km.shutdown_kernel(now=True)

    def run(self):
        self.reset_execution_trackers()
        for cell in self.nb.cells:
            cell.outputs = []
            self._ask("execute_request", {"code": cell.source}, {"cellId": cell.id}, cell)
            assert not [output for output in cell.outputs if output.output_type == "error"], cell.outputs
        return self

    def press(self, beginning):
        """Press the first button of the page whose label begins like this."""
        specs = ((model, state["spec"]) for model, state in self.widget_state.items() if "spec" in state)
        options = ((model, option) for model, spec in specs for option in spec.get("options", ()))
        model, name = next((m, option["name"]) for m, option in options if option["label"].startswith(beginning))
        content = {"comm_id": model, "data": {"method": "custom", "content": {"press": name}}}
        self._ask("comm_msg", content, {}, self.nb.cells[0])
        return self

    def restart(self):
        self.km.restart_kernel(now=True)
        self.kc.wait_for_ready(PATIENCE)
        return self

    def save(self):
        nbformat.write(self.nb, self.path)
        return self

    def _ask(self, kind, content, metadata, cell):
        message = self.kc.session.msg(kind, content, metadata=metadata)
        self.kc.shell_channel.send(message)
        with suppress(CellExecutionComplete):
            while True:
                heard = self.kc.get_iopub_msg(timeout=PATIENCE)
                if heard["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                    self.process_message(heard, cell, self.nb.cells.index(cell))


@pytest.fixture
def mine(tmp_path):
    """A notebook with a question and a table, in the folder of somebody, and who that is."""
    path = tmp_path / "mine" / "2a_1.ipynb"
    path.parent.mkdir()
    asked = notebook("from utils import predict, fill_in", 'predict("2a_1.shift", ...)', f'fill_in("{SHAPES}", ...)')
    path.write_text(asked, encoding="utf-8")
    return path, {"WORKBOOK_PROGRESS": str(tmp_path / "progress.jsonl")}


def test_a_press_is_handed_in_and_outlives_another_run_a_restart_and_the_night_whoever_runs_the_notebook(mine):
    path, person = mine
    with Lab(path, **person) as lab:
        assert handed_in(lab.run().nb) == handed_in(lab.nb, SHAPES) == UNTOUCHED
        assert handed_in(lab.press(WRONG).nb) == ("larger", "wrong")
        assert handed_in(lab.run().nb) == ("larger", "wrong")
        assert handed_in(lab.press(RIGHT).press("(").nb) == ("unchanged", "right")
        assert handed_in(lab.run().nb) == ("unchanged", "right")
        assert handed_in(lab.restart().run().nb) == ("unchanged", "right"), "though nothing was saved"
        table = handed_in(lab.save().nb, SHAPES)
        assert len(table[0]) == 1
    for somebody in (person, {"WORKBOOK_PROGRESS": "off"}):
        with Lab(path, **somebody) as lab:
            assert handed_in(lab.run().nb) == ("unchanged", "right")
            assert handed_in(lab.nb, SHAPES) == table
            assert handed_in(lab.press(WRONG).nb) == ("larger", "wrong")


def test_a_strangers_notebook_gets_nothing_of_mine(mine, tmp_path):
    """Neither beside mine, nor laid in the place of mine, nor executed by me from a cell of mine, whose name the other
    kernel inherits."""
    path, person = mine
    stranger = tmp_path / "stranger.ipynb"
    shutil.copy(path, stranger)
    with Lab(path, **person) as lab:
        untouched = nbformat.writes(lab.run().nb)
        for saved in (False, True):
            lab.press(RIGHT)
            if saved:
                lab.save()
            path.write_text(untouched, encoding="utf-8")
            lab.nb = nbformat.read(path, as_version=4)
            assert handed_in(lab.run().nb) == handed_in(lab.restart().run().nb) == UNTOUCHED
        lab.press(RIGHT).save()
    with Lab(stranger, **person) as lab:
        assert handed_in(lab.run().nb) == UNTOUCHED
    command = [sys.executable, "-m", "jupyter", "execute", "--inplace", str(stranger)]
    subprocess.run(command, check=True, env=os.environ | person | {"JPY_SESSION_NAME": str(path)}, timeout=120)
    assert handed_in(nbformat.read(stranger, as_version=4)) == UNTOUCHED


# ---- one install, many people --------------------------------------------------------------------------------------

PEOPLE = {"teacher": 64_201, "student": 64_202}
READS = "-all,+dac_read_search"  # the tests' own Python may lie where nobody else can read
USE = """
import sys
from utils import predict, progress_board
progress_board("2a_1")
exec(sys.argv[1])
"""


def test_two_people_on_one_install_that_neither_may_change_keep_their_progress_apart():
    """Each with a home of their own, and, where this test may do so, each as a user of the operating system."""
    are_users = bool(shutil.which("setpriv")) and os.geteuid() == 0

    def use(name, code=""):
        """What somebody sees: the board, and then what this code shows."""
        who = [f"--reuid={PEOPLE[name]}", f"--regid={PEOPLE[name]}", "--clear-groups"]
        becoming = ["setpriv", *who, f"--inh-caps={READS}", f"--ambient-caps={READS}"] if are_users else []
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(folder / name), "PYTHONPATH": str(place)}
        done = subprocess.run(
            [*becoming, sys.executable, "-c", USE, code],
            cwd=folder / name,
            env=surroundings | {"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    with tempfile.TemporaryDirectory(prefix="shared-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary).resolve()
        folder.chmod(0o755)
        place = folder / "course"
        shutil.copytree(ROOT / "utils", place / "utils")  # compiled, as after an install
        shutil.copy(ROOT / "pyproject.toml", place)
        for path in (place, *place.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        for name, number in PEOPLE.items():
            (folder / name).mkdir()
            if are_users:
                os.chown(folder / name, number, number)

        assert "2a_1.shift: right" in use("teacher", 'predict("2a_1.shift", "unchanged")')
        said = use("student", 'predict("2a_1.shift", "larger")')
        assert "✓" not in said and "2a_1.shift: wrong" in said
        said = use("teacher")
        assert "✓ 2a_1.shift: right" in said and "✗" not in said
