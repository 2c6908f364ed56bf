"""The handwritten digits: that they are the ones they claim to be, and how they are handed out."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np

from utils.figures import data
from utils.figures.data import digits

ROOM = Path(data.__file__).parent


def test_the_file_is_the_one_that_was_published():
    digest = hashlib.sha256((ROOM / "digits.csv.gz").read_bytes()).hexdigest()
    assert digest == "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"


def test_images_have_64_pixels_of_ink_in_sixteenths_row_by_row_from_the_top():
    images, labels = digits()
    assert images.shape == (1797, 64) and images.dtype == float
    assert labels.shape == (1797,) and labels.dtype.kind == "i"
    np.testing.assert_array_equal(np.unique(images), np.arange(17) / 16)
    np.testing.assert_array_equal(np.unique(labels), np.arange(10))
    seven = images[labels == 7].mean(axis=0).reshape(8, 8)
    assert seven[:2].sum() > 1.5 * seven[6:].sum()  # a bar at the top, a foot below


def test_each_caller_gets_arrays_of_its_own():
    images, labels = digits()
    images[:], labels[:] = 2, -1
    assert digits()[0].max() == 1 and digits()[1].min() == 0


def test_reading_them_needs_numpy_alone(tmp_path):
    names = "{name.partition('.')[0] for name in sys.modules}"
    code = f"import sys\nfrom utils.figures.data import digits\ndigits()\nprint(*{names})"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "numpy" in loaded.stdout.split()
    assert not {"matplotlib", "IPython", "ipywidgets", "pandas", "sklearn"} & set(loaded.stdout.split())


def test_source_and_licence_lie_beside_the_file():
    told = (ROOM / "README.md").read_text(encoding="utf-8")
    for words in ("Alpaydin", "10.24432/C50P49", "CC BY 4.0", "creativecommons.org/licenses/by/4.0", "unchanged"):
        assert words in told
