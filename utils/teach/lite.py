"""Make a site of the workbook that needs no install: `python -m utils.teach.lite --out FOLDER`.

The site is JupyterLite: static files for any web server. The reader's browser fetches Python (Pyodide) from its public
address and runs it, so nothing is installed and no server computes anything.
"""

import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import nbformat

from utils.teach.command import command

ROOT = Path(__file__).resolve().parents[2]
HOW = "install it with `python -m pip install -e .` from a clone"
KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = "@jupyter-widgets/jupyterlab-manager", "anywidget", KERNEL

# What a kernel has before its first cell runs, so that no notebook needs a line that installs something: packages of
# Pyodide, compiled for the browser, and pure Python that is laid into the site.
PYODIDE = "ipython", "jedi", "matplotlib", "numpy", "typing-extensions"
PURE = "anywidget", "comm", "ipywidgets", "lark", "markdown-it-py", "mdurl", "psygnal"

# Every notebook has a kernel to itself; what they share is the browser's drive, where the notebooks are.
ENVIRONMENT = {"WORKBOOK_PROGRESS": "/drive/.progress.jsonl"}

# What an instructor runs works with processes and with files outside the drive. In the site this line stands for it.
ELSEWHERE = 'raise ImportError("utils.teach cannot run in a browser; it runs where the workbook is installed")\n'


def main(arguments: list[str] | None = None) -> int:
    parser = command("utils.teach.lite", "Make a site of the workbook that runs in the reader's browser.")
    parser.add_argument("--out", type=Path, default=Path("site"), metavar="FOLDER", help="(default: site)")
    out = parser.parse_args(arguments).out
    if out.exists() and not (out / "jupyter-lite.json").exists() and (out.is_file() or any(out.iterdir())):
        parser.error(f"{str(out)!r} holds something else; a new folder, or that of an earlier site, would fit")
    if not all((ROOT / part).exists() for part in ("notebooks", "solutions", "pyproject.toml")):
        sys.exit(f"The site is made of the whole workbook, and {ROOT} is no copy of it: {HOW}")
    if not (find_spec("jupyterlite_core") and find_spec("jupyterlite_pyodide_kernel")):
        sys.exit("JupyterLite is not installed. This installs it: python -m pip install -e '.[lite]'")
    try:
        with tempfile.TemporaryDirectory() as scratch:
            shutil.copytree(build(Path(scratch)), out, dirs_exist_ok=True)
    except subprocess.CalledProcessError as failed:
        sys.exit(f"{failed.output}\nThis command did not succeed: {shlex.join(failed.cmd)}")
    print(f"Wrote {out}. To look at it: python -m http.server --directory {out}, and open http://localhost:8000")
    return 0


def build(scratch: Path) -> Path:
    """Make the site in an empty folder and return where it lies. Raises CalledProcessError."""
    lite, site = scratch / "lite", scratch / "site"
    # A first visit shows the first chapter, beside a list of files that has room for the names of the chapters: it
    # leaves out the date, which would be that of the site.
    shutil.copytree(Path(__file__).with_name("lite_site"), lite)
    copy_notebooks(ROOT / "notebooks", lite / "files")
    copy_notebooks(ROOT / "solutions", lite / "files" / "solutions")
    wheels = make_wheels(scratch / "source", lite / "pypi")
    add_kernel(lite / "jupyter-lite.json", wheels)
    labextensions = Path(sys.prefix, "share", "jupyter", "labextensions")
    run(
        [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(lite), "--output-dir", str(site)]
        + ["--apps", "lab", "--no-sourcemaps", "--no-unused-shared-packages", "--ignore-sys-prefix"]
        + [f"--LiteBuildConfig.federated_extensions={labextensions / name}" for name in EXTENSIONS],
        cwd=lite,  # it leaves a file of its own where it runs
    )
    return site


def copy_notebooks(source: Path, to: Path) -> None:
    """JupyterLite puts a comma after each line of an output that is stored as a list of lines, so texts are joined."""
    to.mkdir(parents=True)
    for path in source.glob("[!.]*.ipynb"):
        text = json.dumps(nbformat.read(path, as_version=4), ensure_ascii=False)
        (to / path.name).write_text(text, encoding="utf-8")


def make_wheels(source: Path, wheels: Path) -> list[str]:
    """Put the wheels of the workbook and of `PURE` into a folder and return their names."""
    # From a copy, because what an earlier build left beside the source would get into the wheel.
    shutil.copytree(ROOT / "utils", source / "utils", ignore=shutil.ignore_patterns("__pycache__", "teach"))
    shutil.copy(ROOT / "pyproject.toml", source)
    (source / "utils" / "teach.py").write_text(ELSEWHERE, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(source)])
    # The versions that are installed here: their halves in the browser are the extensions.
    pinned = [f"{name}=={version(name)}" for name in PURE]
    run([*pip, "download", "--no-deps", "--only-binary=:all:", "--platform=any", "--dest", str(wheels), *pinned])
    return sorted(path.name for path in wheels.iterdir())


def add_kernel(file: Path, wheels: list[str]) -> None:
    """Add to the site's settings what a kernel loads, and what it finds in its environment."""
    # Pyodide reads an address from where its worker lies, among the files of the kernel's extension.
    top = "../" * len(Path("extensions", KERNEL, "static").parts)
    packages = [*PYODIDE, *(f"{top}pypi/{wheel}" for wheel in wheels)]
    kernel = {"loadPyodideOptions": {"packages": packages, "env": ENVIRONMENT}}
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["jupyter-config-data"]["litePluginSettings"] = {f"{KERNEL}:kernel": kernel}
    file.write_text(json.dumps(settings), encoding="utf-8")


def run(command: list[str], cwd: Path | None = None) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    subprocess.run(command, cwd=cwd, check=True, **pipes)


if __name__ == "__main__":
    sys.exit(main())
