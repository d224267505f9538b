"""Figures show the numbers of their results files, worked out by hand."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.train import results_files
from train.figures import figure3, figure4, figure5, movement, response, table1
from train.reporting.reading import read


@pytest.fixture
def read_results(tmp_path):
    """Results of entries, each in a file named as given."""

    def make(**files):
        paths = []
        for name, entry in files.items():
            paths.append(tmp_path / f"{name}.json")
            paths[-1].write_text(json.dumps(entry if isinstance(entry, list) else [entry]))
        return read(paths)

    return make


def test_table1_has_the_papers_scores_and_ours(read_results):
    arranging = results_files.evaluation() | {"player": "Arranging"}
    arranging["table"]["protocol"]["scale"] = "fader"
    results = read_results(arranger=arranging, tiny=results_files.evaluation())
    (drawn,), missing = table1.draw(results)
    assert missing == []
    assert table1.rows(results.evaluations)[1][0] == "GM-VAE (tiny)"
    consistency = drawn.figure.axes[0]
    assert consistency.get_title() == "consistency, rhythm"
    labels = [t.get_text() for t in consistency.get_yticklabels()]
    assert labels[:2] == ["Vanilla VAE", "GM-VAE (tiny)"]
    assert labels[-1] == "arranger"
    dots = {
        (float(line.get_xdata()[0]), float(line.get_ydata()[0])): line.get_marker()
        for line in consistency.lines
        if line.get_marker() in "oD"
    }
    assert dots[0.4367, 0] == "o"  # the paper's vanilla VAE
    assert dots[0.5096, 1] == "o" and dots[0.3, 1] == "o"  # its GM-VAE and ours
    assert dots[0.3, 6] == "D"  # asked for densities
    (goal,) = [line for line in consistency.lines if line.get_gid() == "goal"]
    assert list(goal.get_xdata()) == [0.9, 0.9]
    linearity = next(a for a in drawn.figure.axes if a.get_title() == "linearity, note")
    assert any(list(line.get_xdata()) == [pytest.approx(0.6)] for line in linearity.lines)
    assert "2 runs of 3 segments at 8 values" in drawn.facts
    for fact in ("tiny aaaaaaaa", "code cccccccc", "data bbbbbbbb", "seed 5"):
        assert fact in drawn.facts


def test_scores_below_zero_are_inside_the_picture(read_results):
    entry = results_files.evaluation()
    entry["table"]["faders"]["rhythm"]["normalised"]["consistency"][0] = -0.5
    (drawn,), _ = table1.draw(read_results(bad=entry))
    assert drawn.figure.axes[0].get_xlim()[0] < -0.5


def test_response_draws_asked_against_played(read_results):
    entry = results_files.evaluation()
    entry["faders"]["rhythm"] |= {
        "measured_10": [0.2, 0.4, 0.4],
        "measured_90": [0.5, 0.6, 1.0],
    }
    (drawn,), _ = response.draw(read_results(tiny=entry))
    rhythm, note = drawn.figure.axes
    mean = next(line for line in rhythm.lines if line.get_marker() == "o")
    assert np.array_equal(mean.get_xydata(), [[0.25, 0.375], [0.5, 0.5], [1.0, 0.75]])
    quantiles, sd = rhythm.collections
    assert quantiles.get_datalim(rhythm.transData).intervaly == pytest.approx([0.2, 1.0])
    assert sd.get_datalim(rhythm.transData).intervaly == pytest.approx([0.25, 1.0])
    assert len(note.collections) == 1  # an older file has no quantiles
    assert "7 test segments of 6 performances" in drawn.facts


def test_movement_draws_where_the_density_went(read_results):
    (drawn,), _ = movement.draw(read_results(tiny=results_files.evaluation()))
    f1 = drawn.figure.axes[0]
    (line,) = [line for line in f1.lines if line.get_label() == "GM-VAE (tiny)"]
    assert np.array_equal(line.get_xydata(), [[-0.75, 0.5], [0.0, 0.9], [0.5, 0.5]])
    contour = drawn.figure.axes[3]
    assert list(contour.lines[-1].get_ydata()) == [0.2, 0.6, 0.2]


def test_figure3_colours_the_same_places_three_ways_and_by_rating(read_results):
    (drawn,), _ = figure3.draw(read_results(maps=results_files.latent()))
    assert drawn.name == "figure3-mine"
    density, zd, high, rated = drawn.figure.axes[4:8]  # of the note code
    places = [[0.0, 0.0], [1.0, 0.5], [0.5, 1.0], [0.25, 0.75]]
    for axes, values in (
        (density, [1.0, 2.0, 3.0, 4.0]),
        (zd, [-1.0, 0.0, 1.0, 2.0]),
        (high, [0.0, 1.0, 0.5, 0.25]),
    ):
        (dots,) = axes.collections
        assert np.array_equal(dots.get_offsets(), places)
        assert np.array_equal(dots.get_array(), values)
    unrated, low, up = (dots.get_offsets().tolist() for dots in rated.collections)
    assert (unrated, low, up) == ([places[2]], [places[0]], [places[1], places[3]])
    assert "4 segments of 3 pieces" in drawn.facts and "3 of them rated" in drawn.facts
    assert "z^d: rhythm 1.00, note 1.00" in drawn.facts  # both rise all the way


def test_figure4_needs_both_sorts_and_says_how_far_apart(read_results):
    single = results_files.latent("single", "singlegmvae")
    (drawn,), missing = figure4.draw(read_results(maps=[results_files.latent(), single]))
    assert missing == []
    first, second = drawn.figure.axes
    assert first.get_title() == "with low-level features\nmine"
    assert second.get_title() == "without low-level features\nsingle"
    assert second.get_xlabel() == "silhouette 0.12\nAUC 0.75 (0.50 to 0.88)"
    _, low, high = (dots.get_offsets().tolist() for dots in first.collections)
    assert low == [[0.0, 1.0]] and high == [[1.0, 0.0], [0.5, 0.5]]
    assert figure4.draw(read_results(maps=results_files.latent())) == (
        [],
        ["figure 4: no model without low-level features to compare"],
    )


def test_figure5_draws_every_note_with_its_mark(read_results):
    (drawn,), _ = figure5.draw(read_results(moves=results_files.transfers()))
    above, below = drawn.figure.subfigs[0].axes
    marks = [[brick.get_gid() for brick in axes.patches] for axes in (above, below)]
    assert marks == [["kept", "removed"], ["kept", "added"]]
    new = below.patches[1]
    assert new.get_x() == 0.5 and new.get_y() + new.get_height() / 2 == pytest.approx(67)
    assert new.get_x() + new.get_width() == pytest.approx(2.0, abs=0.02)
    low, high = above.get_ylim()
    assert low < 60 and high > 67
    assert above.get_title("right") == "rhythm 0.25" and below.get_title("right") == "rhythm 0.50"
    assert "1 notes kept, 1 new, 1 gone" in drawn.words


def test_any_number_of_models_fits(read_results):
    entries = {f"m{n}": results_files.evaluation(model="vanilla") for n in range(11)}
    results = read_results(**entries)
    assert len(table1.draw(results)[0][0].figure.axes[0].get_yticks()) == 11 + 5
    assert sum(a.get_visible() for a in response.draw(results)[0][0].figure.axes) == 22
    lines = movement.draw(results)[0][0].figure.axes[0].lines[1:]
    assert len({(line.get_color(), line.get_marker()) for line in lines}) == 11


@pytest.mark.parametrize("figure", [table1, response, movement])
def test_a_part_that_is_missing_is_named_and_the_rest_drawn(read_results, figure):
    bare = results_files.evaluation(model="singlegmvae") | {"faders": {}, "identity": {}}
    bare["table"] = None
    drawn, missing = figure.draw(read_results(bare=bare, whole=results_files.evaluation()))
    assert len(drawn) == 1
    assert len(missing) == 1 and "bare" in missing[0]
