"""The papers' numbers: printed tables that add up, and one home for each."""

import re

import pytest

from lib.papers import paper_a
from lib.paths import ROOT

HOME = ROOT / "lib" / "papers" / "paper_a.py"
TELLING = {  # numbers that nothing else in the study can have by chance
    "training images": r"41[,_]?029",
    "training images, 28 variants": r"1[,_]?148[,_]?812",
    "seconds for the HP test set": r"13\.68\b",
    "RMSE of Table 6": r"(?<!\d)0?\.129\b",
}


def test_the_tables_of_counts_add_up_as_the_paper_says():
    assert sum(paper_a.TABLE_2.values()) == 39914
    levels = [sum(row) for row in zip(*paper_a.TABLE_5.values(), strict=True)]
    assert levels == [971, 1256, 1334, 1248, 1352]  # the paper's last column
    assert sum(levels) + paper_a.TABLE_5_NEUTRAL == paper_a.EIW_IMAGES
    assert paper_a.TABLE_4["training x 28"] == paper_a.VARIANTS * paper_a.TABLE_4["training"]
    for row in paper_a.TABLE_7.values():
        assert all(row[f"{side} x 28"] == paper_a.VARIANTS * row[side] for side in ("training", "validation"))
    for side, n in paper_a.MUG_NINE_FRAMES.items():
        assert paper_a.TABLE_7["EIW + MUG"][side] - paper_a.TABLE_7["EIW"][side] == n


def test_what_is_computed_from_the_paper_by_hand():
    assert pytest.approx((1093 + 971 + 1256) / 7254) == paper_a.ALWAYS_NEUTRAL
    assert paper_a.EIW_UNACCOUNTED == 431
    per_image = 1000 * paper_a.HP_TEST_SECONDS / paper_a.HP_TEST_IMAGES
    assert per_image == pytest.approx(paper_a.HP_TEST_MILLISECONDS_PER_IMAGE, abs=0.05)


@pytest.mark.parametrize("pattern", TELLING.values(), ids=TELLING)
def test_a_printed_number_stands_in_one_file(pattern):
    files = [*(ROOT / "lib").rglob("*.py"), *(ROOT / "notebooks").glob("*.ipynb")]
    holding = [path.relative_to(ROOT) for path in files if re.search(pattern, path.read_text(encoding="utf-8"))]
    assert holding == [HOME.relative_to(ROOT)]
