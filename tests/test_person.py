"""What a person does belongs to that person: on a shared install, in a stranger's notebook, and after a restart."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import KernelManager

from utils.judge.verdict import MIME
from utils.teach.grade.marking import mark

ROOT = Path(__file__).resolve().parents[1]
SHIFT = 'predict("2a_1.shift", ...)'
RIGHT, WRONG = "Nothing at all", "Each is multiplied"  # how the answers "unchanged" and "larger" begin
PATIENCE = 60


def questions(*sources):
    """A notebook of the setup cell and these."""
    sources = ("from utils import predict, fill_in", *sources)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s, id=f"c{i}") for i, s in enumerate(sources)])


def handed_in(notebook):
    """The record of the last verdict in a notebook, and whether it is marked as right."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ()) if cell.cell_type == "code"]
    records = [dict(output.data[MIME]) for output in outputs if MIME in output.get("data", {})]
    states = {m.state for m in mark(nbformat.writes(notebook)) if m.exercise == records[-1]["exercise"]}
    return records[-1].get("answer"), *states


class Lab:
    """What a page in JupyterLab does with a notebook: runs its cells, shows outputs, passes on presses, saves."""

    def __init__(self, path, **environment):
        self.path, self.notebook = path, nbformat.read(path, as_version=4)
        self.buttons, self._shown = [], {}
        self.manager = KernelManager()
        given = {name: value for name, value in os.environ.items() if name != "WORKBOOK_PROGRESS"}
        self.manager.start_kernel(cwd=str(path.parent), env=given | {"JPY_SESSION_NAME": str(path)} | environment)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self):
        self.buttons.clear()
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = []
                self._ask("execute_request", {"code": cell.source}, {"cellId": cell.id}, cell)
        return self

    def press(self, beginning):
        """Press the first button of the page whose label begins like this."""
        model, labels = self.buttons[0]
        name = next(name for name, label in labels.items() if label.startswith(beginning))
        content = {"comm_id": model, "data": {"method": "custom", "content": {"press": name}}}
        self._ask("comm_msg", content, {})
        return self

    def restart(self):
        self.manager.restart_kernel(now=True)
        self.client.wait_for_ready(PATIENCE)
        return self

    def save(self):
        nbformat.write(self.notebook, self.path)
        return self

    def _ask(self, kind, content, metadata, cell=None):
        message = self.client.session.msg(kind, content, metadata=metadata)
        self.client.shell_channel.send(message)
        while True:
            heard = self.client.get_iopub_msg(timeout=PATIENCE)
            if heard["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            self._take(heard["msg_type"], heard["content"], cell)
            if heard["msg_type"] == "status" and heard["content"]["execution_state"] == "idle":
                return

    def _take(self, kind, content, cell):
        if kind == "comm_open" and "options" in (spec := content["data"].get("state", {}).get("spec", {})):
            self.buttons.append((content["comm_id"], {o["name"]: o["label"] for o in spec["options"]}))
        elif kind in ("display_data", "update_display_data"):
            name = content["transient"].get("display_id")
            if kind == "display_data":
                self._shown[name] = nbformat.v4.new_output(kind, data=content["data"])
                cell.outputs.append(self._shown[name])
            else:
                self._shown[name]["data"] = nbformat.from_dict(content["data"])
        elif kind == "error":
            raise AssertionError("\n".join(content["traceback"]))


@pytest.fixture
def mine(tmp_path):
    """A notebook with a question, in the folder of somebody, and who that is."""
    path = tmp_path / "mine" / "2a_1.ipynb"
    path.parent.mkdir()
    nbformat.write(questions(SHIFT), path)
    return path, {"WORKBOOK_PROGRESS": str(tmp_path / "progress.jsonl")}


# ---- a notebook keeps what was pressed in it -----------------------------------------------------------------------


def test_a_press_is_handed_in_and_stays_when_the_cell_is_run_again(mine):
    path, person = mine
    with Lab(path, **person) as lab:
        assert handed_in(lab.run().notebook) == (None, "not attempted")
        assert handed_in(lab.press(WRONG).notebook) == ("larger", "wrong")
        assert handed_in(lab.run().notebook) == ("larger", "wrong")
        assert handed_in(lab.press(RIGHT).notebook) == ("unchanged", "right")
        assert handed_in(lab.run().notebook) == ("unchanged", "right")


def test_a_press_outlives_a_restart_of_the_kernel_though_nothing_was_saved(mine):
    path, person = mine
    with Lab(path, **person) as lab:
        lab.run().press(RIGHT)
        assert handed_in(lab.restart().run().notebook) == ("unchanged", "right")


def test_the_next_day_it_is_taken_from_the_saved_notebook_whoever_runs_it(mine, tmp_path):
    path, person = mine
    with Lab(path, **person) as lab:
        lab.run().press(RIGHT).save()
    for somebody in (person, {"WORKBOOK_PROGRESS": str(tmp_path / "another")}, {"WORKBOOK_PROGRESS": "off"}):
        with Lab(path, **somebody) as lab:
            assert handed_in(lab.run().notebook) == ("unchanged", "right")
            assert handed_in(lab.press(WRONG).notebook) == ("larger", "wrong")


def test_a_table_is_kept_like_a_choice(mine, tmp_path):
    path, person = mine
    nbformat.write(questions('fill_in("2b_2.shapes", ...)'), path)
    with Lab(path, **person) as lab:
        lab.run().press("(").save()
        assert len(handed_in(lab.notebook)[0]) == 1
    with Lab(path, WORKBOOK_PROGRESS="off") as again:
        assert handed_in(again.run().notebook) == handed_in(lab.notebook)


# ---- and nothing comes in from anywhere else -----------------------------------------------------------------------


def test_another_notebook_of_the_same_person_gets_nothing(mine):
    path, person = mine
    other = path.with_name("other.ipynb")
    shutil.copy(path, other)
    with Lab(path, **person) as lab:
        lab.run().press(RIGHT).save()
    with Lab(other, **person) as lab:
        assert handed_in(lab.run().notebook) == (None, "not attempted")


@pytest.mark.parametrize("saved", [True, False])
def test_a_strangers_notebook_that_is_laid_in_the_place_of_mine_gets_nothing(mine, saved):
    path, person = mine
    with Lab(path, **person) as lab:
        stranger = nbformat.writes(lab.run().notebook)
        lab.press(RIGHT)
        if saved:
            lab.save()
        path.write_text(stranger, encoding="utf-8")
        lab.notebook = nbformat.read(path, as_version=4)
        assert handed_in(lab.run().notebook) == (None, "not attempted")
        assert handed_in(lab.restart().run().notebook) == (None, "not attempted")
    with Lab(path, **person) as lab:
        assert handed_in(lab.run().notebook) == (None, "not attempted")


EXECUTE = """
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": sys.argv[3]}}).execute()
nbformat.write(notebook, sys.argv[2])
"""


def test_a_teacher_who_executes_a_strangers_notebook_adds_nothing_to_it(mine, tmp_path):
    """From a cell of the teacher's own notebook, too, whose name the other kernel inherits."""
    path, person = mine
    with Lab(path, **person) as lab:
        lab.run().press(RIGHT).save()
    stranger, executed = tmp_path / "stranger.ipynb", tmp_path / "executed.ipynb"
    nbformat.write(questions(SHIFT), stranger)
    for inherited in ({}, {"JPY_SESSION_NAME": str(path)}):
        command = [sys.executable, "-c", EXECUTE, str(stranger), str(executed), str(tmp_path)]
        subprocess.run(command, check=True, env=os.environ | person | inherited, timeout=120)
        assert handed_in(nbformat.read(executed, as_version=4)) == (None, "not attempted")


# ---- one install, many people --------------------------------------------------------------------------------------

PEOPLE = {"teacher": 64_201, "student": 64_202}
READS = "-all,+dac_read_search"  # the tests' own Python may lie where nobody else can read
USE = """
import sys
from utils import exercise, predict, progress_board
from utils.panels.progress import PROGRESS
exec(sys.argv[1])
progress_board("2a_1")
"""


class Install:
    """One install in a folder that several people use, each with a home of their own, and, where this test may do so,
    each as a user of the operating system."""

    def __init__(self, folder, writable):
        self.place, self.homes = folder / "course", {}
        shutil.copytree(ROOT / "utils", self.place / "utils")  # compiled, as after an install
        shutil.copy(ROOT / "pyproject.toml", self.place)
        nbformat.write(questions(SHIFT), self.place / "asked.ipynb")
        for path in (folder, self.place, *self.place.rglob("*")):
            path.chmod((0o777 if path.is_dir() else 0o666) if writable else (0o755 if path.is_dir() else 0o644))
        self.real = bool(shutil.which("setpriv")) and os.geteuid() == 0
        for name, number in PEOPLE.items():
            self.homes[name] = folder / name
            self.homes[name].mkdir()
            if self.real:
                os.chown(self.homes[name], number, number)
        if not writable and not self.real:
            self.place.chmod(0o555)

    def python(self, name, *arguments):
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(self.homes[name]), "PYTHONPATH": str(self.place)}
        surroundings |= {"PYTHONDONTWRITEBYTECODE": "1"}
        who = [f"--reuid={PEOPLE[name]}", f"--regid={PEOPLE[name]}", "--clear-groups"]
        becoming = ["setpriv", *who, f"--inh-caps={READS}", f"--ambient-caps={READS}"] if self.real else []
        return subprocess.run(
            [*becoming, sys.executable, "-c", *arguments],
            cwd=self.homes[name],
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def use(self, name, code):
        done = self.python(name, USE, code)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def execute(self, name):
        """The notebook of the install, after somebody has executed it."""
        asked, done = self.place / "asked.ipynb", self.homes[name] / "done.ipynb"
        ran = self.python(name, EXECUTE, str(asked), str(done), str(self.homes[name]))
        assert ran.returncode == 0, ran.stderr
        return nbformat.read(done, as_version=4)


@pytest.fixture(params=[False, True], ids=["read-only", "writable"])
def install(request):
    with tempfile.TemporaryDirectory(prefix="shared-", ignore_cleanup_errors=True) as folder:
        install = Install(Path(folder).resolve(), writable=request.param)
        yield install
        install.place.chmod(0o755)


def test_two_people_on_one_install_keep_their_progress_apart(install):
    assert "✓ 2a_1.shift: right" in install.use("teacher", 'predict("2a_1.shift", "unchanged")')
    assert "✓ 2a_1.shift: right" in install.use("teacher", "")
    assert "✓" not in install.use("student", "")
    assert "✗ 2a_1.shift: wrong" in install.use("student", 'predict("2a_1.shift", "larger")')
    assert "✗ 2a_1.shift: wrong" in install.use("student", "")
    assert "✓ 2a_1.shift: right" in install.use("teacher", "")
    assert not list(install.place.rglob("*progress*.jsonl"))


def test_what_another_has_left_in_the_shared_folder_is_not_mine(install):
    """The journal of an earlier edition; of somebody's own nothing is lost."""
    if not install.real:
        pytest.skip("only root can make files of several users")
    old = install.place / ".progress.jsonl"
    old.write_text('{"exercise": "2a_1.softmax", "state": "right", "mistake": null, "answer": null}\n')
    old.chmod(0o666)
    os.chown(old, PEOPLE["teacher"], PEOPLE["teacher"])
    assert "✓" not in install.use("student", "")
    for _ in range(2):
        assert "✓ 2a_1.softmax: right" in install.use("teacher", "")
    assert "✓" not in install.use("student", "")


def test_an_untouched_notebook_hands_in_nothing_whoever_executes_it(install):
    install.use("teacher", 'predict("2a_1.shift", "unchanged")')
    for name in PEOPLE:
        assert handed_in(install.execute(name)) == (None, "not attempted")
