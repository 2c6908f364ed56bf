"""The house: what lies where, who may import whom, and what no file may hold."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import files, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
VISIBLE = {"README.md", "requirements.txt", "pyproject.toml", "notebooks", "solutions", "utils", "tests"}
# The six rooms and the front door, each of which may use those before it; and what looks up names in them.
ROOMS = ["reference", "bank", "judge", "exercises.py", "figures", "panels", "teach", "__init__.py"]
MODULES = sorted(ROOT.glob("utils/**/*.py"))
COMES_WITH = {
    "ipython": "ipywidgets",
    "jinja2": "jupyterlab",
    "jupyter-client": "jupyterlab",
    "markupsafe": "jupyterlab",
    "nbclient": "jupyterlab",
    "nbconvert": "jupyterlab",
    "nbformat": "jupyterlab",
    "pillow": "matplotlib",
    "traitlets": "ipywidgets",
}

# Put together from halves, so that this file does not hold what it looks for.
MARKS = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "W" + "IP"]) + r")\b")
MACHINE_PATHS = re.compile(
    r"(?<![\w.~$}>/])/(?:" + "|".join(["ho" + "me", "ro" + "ot", "Us" + "ers", "wo" + "rk", "t" + "mp"]) + r")/\w"
)


def tracked() -> list[Path]:
    """Every file that is, or is about to be, under version control."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode:
        pytest.skip("this is not a git checkout, so the project's files cannot be told from others")
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Full names of what a module imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{label(path)}: an import says from which room, as in `from utils.judge`"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(path: Path) -> str:
    return path.relative_to(ROOT / "utils").parts[0]


def test_nothing_else_lies_at_the_top_and_utils_has_its_rooms_and_no_other():
    top = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} <= VISIBLE
    assert {room(path) for path in MODULES} == set(ROOMS)


def test_imports_run_one_way_only_and_the_reference_and_the_digits_are_numpy_alone():
    alone = {path for path in MODULES if room(path) in ("reference", "__init__.py") or path.parent.name == "data"}
    alone.add(ROOT / "utils" / "figures" / "__init__.py")  # which comes before them
    for path in MODULES:
        allowed = {name.removesuffix(".py") for name in ROOMS[: ROOMS.index(room(path)) + 1]}
        for name in imports(path):
            package, _, rest = name.partition(".")
            if package == "utils":
                assert rest.split(".")[0] in allowed, f"{label(path)} imports {name}"
            elif path in alone:
                assert package == "numpy" or package in sys.stdlib_module_names, f"{label(path)} imports {name}"


def test_the_only_javascript_paints_figures_shows_buttons_and_fits_slides():
    scripts = [path for path in tracked() if path.suffix in {".js", ".mjs", ".ts", ".jsx", ".tsx"}]
    lines = {label(path): len(path.read_text(encoding="utf-8").splitlines()) for path in scripts}
    most = {"utils/figures/live.js": 400, "utils/panels/buttons.js": 120, "utils/teach/slides/fit.js": 50}
    assert lines.keys() == most.keys() and all(lines[script] < most[script] for script in most)


def test_no_file_holds_a_path_of_one_machine_or_a_mark_of_unfinished_work():
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        text = re.sub(r'"image/\w+": "[^"]*"', "", text)
        for number, line in enumerate(text.splitlines(), 1):
            if MARKS.search(line) or MACHINE_PATHS.search(line):
                found.append(f"{label(path)}:{number}: {line.strip()[:100]}")
    assert found == []


def requirements() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_requirements_are_pinned_and_end_with_the_project_itself():
    *pins, last = requirements()
    assert last == "-e ."
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins), pins


def test_whatever_utils_imports_is_declared_in_the_requirements_or_as_an_extra():
    declared = {line.partition("==")[0].lower() for line in requirements()}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    declared |= {re.match(r"[\w-]+", line)[0] for lines in extras.values() for line in lines}
    distributions = packages_distributions()
    imported = {name.partition(".")[0] for path in MODULES for name in imports(path)}
    for package in sorted(imported - sys.stdlib_module_names - {"utils"}):
        names = {name.lower().replace("_", "-") for name in distributions.get(package, [package])}
        assert {COMES_WITH.get(name, name) for name in names} & declared, f"{package} is declared nowhere"


def with_an_extension_of_jupyterlab(file: str) -> set[str]:
    """What a file of requirements installs, directly or not, that becomes a part of JupyterLab."""
    waiting = [line for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if re.match(r"\w", line)]
    seen: set[str] = set()
    while waiting:
        needed = Requirement(waiting.pop().partition("#")[0])
        if needed.name not in seen and (needed.marker is None or needed.marker.evaluate({"extra": ""})):
            seen.add(needed.name)
            waiting += requires(needed.name) or []
    return {name for name in seen if any("labextensions" in file.parts for file in files(name) or ())}


def test_what_only_tests_need_shows_nowhere_in_the_readers_jupyterlab():
    found, own = map(with_an_extension_of_jupyterlab, ("tests/requirements.txt", "requirements.txt"))
    assert found - own <= {"jupyterlite-pyodide-kernel"}  # which is for another page, and adds nothing to this


def test_ruff_has_nothing_to_say():
    for command in (["check"], ["format", "--check"]):
        found = subprocess.run([sys.executable, "-m", "ruff", *command], cwd=ROOT, capture_output=True, text=True)
        assert found.returncode == 0, found.stdout + found.stderr
