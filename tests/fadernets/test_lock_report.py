"""Which densities are said to be held back by locks and ties, and with which figures."""

from __future__ import annotations

import pytest

from fadernets.arranger.reach import Reach
from fadernets.lock_report import LockReport


class FakeNet:
    """Gives the reach of segments, with and without their locks and ties."""

    def __init__(self, tied_lowest=0.0):
        self.tied_lowest = tied_lowest

    def reach(self, codes, arranged, *, locked=True, tied=True):
        lowest = self.tied_lowest if tied else 0.0
        free = [Reach(row.asked, row.reached, lowest, 1.0) for row in codes]
        return [{"rhythm": row} for row in (codes if locked else free)]


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        ([(0.2, 0.5, 0.5)], ["Rhythm density 0.50, asked 0.20: the melody stays."]),
        (
            [(0.2, 0.5, 0.5), (0.2, 0.2, 0.0)],
            ["Rhythm density 0.35, asked 0.20: the melody stays."],
        ),
        ([(0.3, 0.3, 0.0)], []),  # nothing is held back
        (
            [(0.11, 0.25, 0.25), (0.11, 0.0, 0.0)],
            ["Rhythm density 0.12, asked 0.11: the melody stays."],
        ),
        ([(0.11, 0.25, 0.25), *[(0.11, 0.083, 0.0)] * 11], []),  # rounding took more away
        ([(0.25, 0.28, 0.28), (0.25, 0.22, 0.0)], []),  # 0.25 and 0.25
    ],
)
def test_a_sentence_where_the_locks_make_the_difference(rows, sentences):
    report = LockReport("the melody stays")
    report.add(FakeNet(), [Reach(target, got, low, 1.0) for target, got, low in rows], [])
    assert report.sentences(["rhythm", "note"]) == sentences
    assert report.sentences(["note"]) == []
    assert report.means()["rhythm"]["asked"] == pytest.approx(rows[0][0])


@pytest.mark.parametrize(
    ("sentence", "tied_lowest", "reasons"),
    [
        ("", 0.5, "notes that sound on into what follows stay"),
        ("the melody stays", 0.5, "notes that sound on into what follows stay"),
        ("the melody stays", 0.4, "the melody stays; notes that sound on into what follows stay"),
        ("the melody stays", 0.2, "the melody stays"),
    ],
)
def test_a_sentence_says_what_holds_a_density_back(sentence, tied_lowest, reasons):
    report = LockReport(sentence)
    report.add(FakeNet(tied_lowest), [Reach(0.2, 0.5, 0.5, 1.0)], [])
    assert report.sentences(["rhythm"]) == [f"Rhythm density 0.50, asked 0.20: {reasons}."]
