"""Pieces that no model was trained on, by prepared data or by their names."""

from __future__ import annotations

import numpy as np

from train.data.dataset import TRAIN, VALIDATION
from train.data.unseen import SPLITS, split_of, unseen


def test_they_are_those_of_the_split(corpus, data):
    names = {source.name for source in unseen(corpus.piano, "*", data, "validation")}
    numbers = {data.piece_names.index(name) for name in names}
    assert (data.split[np.isin(data.piece, list(numbers))] == VALIDATION).all()


def test_without_prepared_data_names_have_their_splits(tmp_path):
    """No piece is in two, and a pattern of names leaves out others."""
    for number in range(60):
        (tmp_path / f"{number}.mid").touch()
    splits = [{s.name for s in unseen(tmp_path, "*", None, split)} for split in SPLITS]
    assert not splits[0] & splits[1] and 0 < len(splits[0] | splits[1]) < 60
    some = {source.name for source in unseen(tmp_path, "*[02468].mid", None, "validation")}
    assert some < splits[0]


def test_the_split_of_a_name_is_always_the_same():
    splits = [split_of(f"{i}.mid") for i in range(400)]
    assert splits == [split_of(f"{i}.mid") for i in range(400)]
    assert 160 < splits.count(TRAIN) < 240
