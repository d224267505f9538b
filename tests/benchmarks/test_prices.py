"""Prices beside what work takes: the tool at toy size, and what the published report says."""

from __future__ import annotations

import json

import pytest

from benchmarks import prices, public_tables
from demo.compute import cost

MOST = 1.5  # times its price that work may take


def test_published_prices_are_those_of_now_and_no_work_takes_much_more(tmp_path):
    report = json.loads((public_tables.RESULTS / "prices.json").read_text())
    priced = [row for row in report["rows"] if "ratio" in row]
    assert {row["kind"] for row in priced} == set(prices.KINDS)
    assert max(row["ratio"] for row in priced) < MOST < max(row["ratio_before"] for row in priced)
    now = tmp_path / "now.json"
    assert prices.main(["--only-prices", "--pieces", "10 segments", "--out", str(now)]) == 0
    rows = [row for row in priced if row["piece"] == "10 segments"]
    by_kind = {row["kind"]: row["price_s"] for row in json.loads(now.read_text())["rows"]}
    assert rows and {row["kind"]: row["price_s"] for row in rows} == {
        row["kind"]: pytest.approx(by_kind[row["kind"]], rel=0.01) for row in rows
    }


@pytest.mark.slow
def test_work_is_done_and_compared_and_other_rows_stay(tmp_path):
    before, earlier, out = (tmp_path / f"{name}.json" for name in ("before", "kept", "out"))
    common = ["--pieces", "10 segments", "--kinds"]
    prices.main(["--only-prices", *common, "open", "--out", str(before)])
    prices.main(["--only-prices", *common, "read", "--out", str(earlier)])
    files = ["--before", str(before), "--keep", str(earlier), "--out", str(out)]
    assert prices.main([*common, "open", "MP3", "--most", "0.5", *files]) == 0
    read, opened = json.loads(out.read_text())["rows"]  # sound is priced above that
    assert read["kind"] == "read" and read["price_s"] >= cost.ANSWER_SECONDS
    assert opened["kind"] == "open" and opened["ratio"] == opened["ratio_before"] > 0
