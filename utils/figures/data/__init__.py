"""Real data to train on, with its source and licence in README.md beside it. NumPy only."""

from pathlib import Path

import numpy as np


def digits():
    """The 1,797 handwritten digits of Alpaydin and Kaynak (1998), 8 x 8 pixels each: images, labels.

    images: (1797, 64), the ink in each pixel from 0 (paper) to 1, row by row from the top left, in steps of 1/16.
    labels: (1797,) integers, which of the digits 0 to 9 was meant.
    """
    table = np.loadtxt(Path(__file__).with_name("digits.csv.gz"), delimiter=",", dtype=int)
    return table[:, :-1] / 16, table[:, -1]
