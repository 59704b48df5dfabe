"""The table of docs/engines.md is what every model of the matrix gets."""

import warnings
from pathlib import Path

import numpy as np
from engines import engines, page
from lab import ROOT


def test_every_model_gets_the_engine_that_the_table_says():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = list(engines())
    assert len(found) >= 60
    assert len({name for name, _, _ in found}) == len(found)
    assert (Path(ROOT) / "docs" / "engines.md").read_text(encoding="utf-8") == page(found)
