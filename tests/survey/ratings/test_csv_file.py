"""Ratings as CSV: what is written comes back, and no spreadsheet takes it for something else."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey.ratings import rating_table
from survey.ratings.csv_file import write_csv
from survey.statistics.simulation import simulate
from tests.survey.ratings.csv_text import as_csv, read

SMALL = "participant,item,intended,heard\np1,i1,lower,same\n"


def test_the_fewest_columns() -> None:
    table = read(SMALL + "p1,i2,same,\n")
    assert list(table["kind"]) == ["transfer", "identical"]
    assert list(table["heard"]) == ["same", None]
    assert table["rhythm"].isna().all()
    assert list(table["comment"]) == ["", ""]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_byte_order_mark_and_other_columns(separator: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    text = "participant,item,intended,heard,rhythm,shoe size\np1,i1,lower,NA,4.0,43\n"
    path.write_text(text.replace(",", separator), encoding="utf-8-sig")
    table = rating_table.read_csv(path)
    assert (table["rhythm"][0], table["heard"][0]) == (4, None)
    assert "shoe size" not in table


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column 'participant'"),
        ("participant,item,heard\n", "no column 'intended'"),
        (SMALL + "p2,i1,lower,louder\n", "column heard, row 2: is 'louder', not one of lower"),
        (SMALL + "p2,i1,,lower\n", "column intended, row 2: is empty"),
        (SMALL + ",i1,lower,lower\n", "column participant, row 2: is empty"),
        (SMALL + "p1,i1,lower,lower\n", "column item, row 2: 'p1' has answered 'i1' in row 1"),
        (SMALL + "p2,i1,higher,lower\n", "item 'i1' was otherwise before"),
        (SMALL + "p2,i1\n", "row 2 has 2 cells, the header has 4"),
        ("item,item,participant,intended,heard\n", "two columns 'item'"),
        (
            "participant,item,intended,heard,kind\np,i,same,same,transfer\n",
            "column intended, row 1: is 'same' for kind 'transfer'",
        ),
        *(
            (
                f"participant,item,intended,heard,{column}\np,i,lower,lower,{value}\n",
                f"column {column}, row 1: is '{value}'",
            )
            for column, value in [
                ("rhythm", "0"),
                ("rhythm", "6"),
                ("melody", "3.5"),
                ("harmony", "nan"),
                ("naturalness", "good"),
                ("seconds", "inf"),
                ("seconds", "-1"),
                ("seconds", "1e308"),
                ("segment", "1e308"),
                ("position", "1.5"),
                ("change_note", "more"),
                ("finished", "perhaps"),
                ("answered_at", "yesterday"),
                ("answered_at", "2026-01-01T00:00:00"),
            ]
        ),
    ],
)
def test_clear_errors(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        read(text)
    assert message in str(caught.value)


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(b"participant,item\n\xff\xfe\n")
    with pytest.raises(ValueError, match="UTF-8"):
        rating_table.read_csv(path)
    with pytest.raises(ValueError, match="no CSV text that can be read"):
        read(SMALL + '"p2,i1')


BLANKS = (
    "",
    " ",
    "\u00a0",
    "\u3000 ",
    "\u2028",
    "\r",
    "\n ",
    "\ufeff",
    "\u200b",
    "'",
    "'' ",
    "\n'",
)


@pytest.mark.parametrize(
    ("column", "cell", "hint"),
    [
        ("strength", "0,5", "write 0.5"),
        ("change_note", "-0,25", "write -0.25"),
        ("seconds", "1.234,5", "write digits and a point, such as 0.5"),
        ("rhythm", "3,0", "write 3.0"),
        ("finished", "WAHR", "write true or false, or 1 or 0"),
        ("answered_at", "31.01.2026 12:00", "write a moment such as 2026-01-31T12:00:00+00:00"),
        ("kind", "Paar", "not one of transfer, identical, swapped"),
    ],
)
def test_what_a_german_spreadsheet_saved_is_refused_with_what_to_write(
    column: str, cell: str, hint: str
) -> None:
    text = f"participant;item;intended;heard;{column}\np;i;lower;same;{cell}\n"
    with pytest.raises(
        ValueError, match=f"^column {column}, row 1: is '{re.escape(cell)}'"
    ) as refusal:
        read(text)
    assert str(refusal.value).endswith(hint)


@pytest.mark.parametrize(
    "start",
    [
        "\r",
        "\n",
        *(f"{blank}{sign}" for blank in BLANKS for sign in "=+-@\uff1d\uff0b\uff0d\uff20"),
    ],
)
def test_no_cell_of_text_is_a_formula(start: str) -> None:
    hostile = start + 'cmd|" /C calc"!A0,;\n"'
    table = read(SMALL).assign(comment=hostile, participant=hostile, change_note=-0.5)
    text = as_csv(table.rename(columns={"device": start + "device"}))
    header, row = csv.reader(io.StringIO(text, newline=""))
    for name, cell in zip(header, row, strict=True):
        assert not is_formula(name)
        if name != "change_note":  # a number, which a spreadsheet shall read as one
            assert not is_formula(cell)
    reread = read(text)
    assert (reread["comment"][0], reread["participant"][0]) == (hostile, hostile)


def is_formula(cell: str) -> bool:
    visible = unicodedata.normalize("NFKC", cell).strip(" \t\r\n\u2028\ufeff\u200b")
    return visible.startswith(("=", "+", "-", "@")) or cell.startswith(("\t", "\r", "\n"))


@pytest.mark.parametrize(
    ("comment", "cell"),
    [
        ("\x1b[31mred\x07", "[31mred"),
        ("\x1b=1+1", "'=1+1"),
        ("\x00\x7f\x9b\x85-", "'-"),
        ("one\t=1+1", "one =1+1"),
        ("\t=1+1", "' =1+1"),
        ("one\n\ttwo\r\n", "one\n two\r\n"),
        ("\ud7ff\U0001f3b9 Grüße, ‘so’ – é", "\ud7ff\U0001f3b9 Grüße, ‘so’ – é"),
    ],
)
def test_no_cell_holds_control_characters(comment: str, cell: str) -> None:
    text = as_csv(read(SMALL).assign(comment=comment))
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert row[header.index("comment")] == cell
    assert read(text)["comment"][0] == cell.removeprefix("'")


def test_what_earlier_versions_guarded_is_read() -> None:
    table = read('participant,item,intended,heard,comment\np,i,lower,same,"\'\t=1"\n')
    assert table["comment"][0] == "\t=1"


@pytest.mark.slow
@settings(max_examples=min(40, settings.default.max_examples))
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\r\n"), max_size=30)
)
def test_any_comment_comes_back(comment: str) -> None:
    table = read(SMALL).assign(comment=comment)
    assert read(as_csv(table))["comment"][0] == comment


def test_the_same_answers_have_the_same_hash() -> None:
    table = simulate({"realistic": 4}, seed=1)
    shuffled = read(as_csv(table.sample(frac=1, random_state=0)))
    assert rating_table.sha256(shuffled) == rating_table.sha256(table)
    shuffled.loc[0, "rhythm"] = shuffled.loc[0, "rhythm"] % 5 + 1
    assert rating_table.sha256(shuffled) != rating_table.sha256(table)


def test_days_stay_days_and_text_that_looks_like_one_stays_text() -> None:
    table = pd.DataFrame({"paid_on": [date(2026, 11, 28), None], "label": ["2026-11-28", "Ada"]})
    stream = io.StringIO(newline="")
    write_csv(table, stream)
    assert stream.getvalue().splitlines()[1:] == ["2026-11-28,'2026-11-28", ",Ada"]


def test_numbers_stay_numbers() -> None:
    table = pd.DataFrame({"value": [-0.5, 2, True, None, "-0.5", 0.1 + 0.2]}, dtype=object)
    assert as_csv(table).removeprefix("\ufeff").split() == [
        "value",
        "-0.5",
        "2",
        "true",
        '""',
        "'-0.5",
        "0.30000000000000004",
    ]


IDS = {
    "number": ["12345678", "0042", "12e45678", "1E5", "1.5", "1,5", "5%", " 7 ", "1e-5", ".5"],
    "number elsewhere": ["1 234", "1'000", "(5)", "5-", "$5", "5 €", "\uff11\uff12"],
    "fraction": ["1/2", "1 1/2"],
    "date": ["3-12", "2026-11-27", "3.12.", "3/12/26", "3\u201312", "2026-11-27T12:30", "3月12日"],
    "date in words": ["SEP2", "2-Sep", "Sept. 2", "March 3, 2026", "1. März", "3dec2019", "DEZ2"],
    "time": ["12:30", "1:2:3", "3 pm", "12:30 AM", "3 p", "3pm"],
    "truth": ["TRUE", "false", "Wahr"],
    "missing, to pandas and R": ["NA", "N/A", "NULL", "None", "nan", "<NA>", "-inf", "Infinity"],
    "errors": ["#N/A", "#REF!", "#DIV/0!", "#NAME?"],
}
WORDS = ["12f45678", "e12", "18-24", "1e", "p1", "1a", "2026-01-31T12:00:00+00:00", "", "."]
WORDS += [
    "March",
    "lh-01-0.5",
    "piece 3",
    "piece0.mid",
    "May I hear it 2 times?",
    "truer",
    "65+",
    "none",
]
WORDS += ["Nana", "NAs", "information", "nullify"]


@pytest.mark.parametrize("name", [name for names in IDS.values() for name in names])
def test_an_id_that_a_spreadsheet_would_change_stays_what_it_is(name: str) -> None:
    """A spreadsheet shows 12e45678 as infinite, SEP2 as a day, and saves it so."""
    table = read(SMALL).assign(participant=name, comment=name)
    text = as_csv(table)
    header, row = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    cells = dict(zip(header, row, strict=True))
    assert cells["participant"] == cells["comment"] == "'" + name
    assert not any(cells[name].startswith("'") for name in ("position", "seconds", "rhythm"))
    opened = pd.read_csv(io.StringIO(text.removeprefix("\ufeff")))
    assert list(opened["participant"]) == list(opened["comment"]) == ["'" + name]
    assert read(text)["participant"][0] == name
    quoted = table.assign(participant="'" + name)
    assert read(as_csv(quoted))["participant"][0] == "'" + name


@pytest.mark.parametrize("name", WORDS)
def test_what_it_would_not_change_is_written_as_it_is(name: str) -> None:
    text = as_csv(read(SMALL).assign(comment=name))
    header, row = csv.reader(io.StringIO(text, newline=""))
    assert row[header.index("comment")] == name


def test_a_file_says_that_it_is_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    table = read(SMALL).assign(comment="schön")
    rating_table.write_csv(table, file)
    assert file.read_bytes().startswith(b"\xef\xbb\xbfstudy,")
    assert file.read_bytes() == as_csv(table).encode()
    assert rating_table.read_csv(file)["comment"][0] == read(as_csv(table))["comment"][0] == "schön"


def test_the_hash_is_that_of_earlier_versions() -> None:
    """They wrote neither a mark nor quotes before numbers and dates."""
    table = read(SMALL).assign(participant="0042", item="3-12", comment="=1")
    text = as_csv(table).removeprefix("\ufeff").replace("'0042", "0042").replace("'3-12", "3-12")
    assert rating_table.sha256(table) == hashlib.sha256(text.encode()).hexdigest()
