"""Whether a claim of the paper holds is said as the figures and their intervals say."""

import pytest

from tests.train.reporting.share_runs import results, run
from train.report import RESULTS
from train.reporting import claims, paper_tables, split_results, verdicts
from train.reporting.paper import COLUMNS, NAMES, PAPER
from train.reporting.results.evaluation import ClassifiedTransfers, Evaluation, Table1
from train.reporting.results.latent import LabelledMap, Latent, Map, Mixed
from train.reporting.results.part import present
from train.reporting.split_results import Models
from train.reporting.verdicts import FAILS, HOLDS, MISSING, OPEN


def evaluation(model: str, scores=None, sd=0.01, **parts) -> Evaluation:
    """One whose Table 1 has these scores in the order of `COLUMNS`, ten runs with one sd."""
    faders: dict = {}
    for (score, fader), value in zip(COLUMNS, scores or (), strict=bool(scores)):
        entry = faders.setdefault(fader, {"normalised": {}, "raw": {}})
        if score == "linearity":
            entry["linearity_each"] = [value, sd]
        else:
            entry["normalised"][score] = entry["raw"][score] = [value, sd]
    protocol = {"runs": 10, "segments": 100, "values": 8, "scale": "z", "seed": 0}
    units = {"rhythm": 0.5, "note": 2.0}
    table = {"faders": faders, "protocol": protocol, "sd_as_played": units}
    return Evaluation(
        checkpoint=model, model=model, name=model, weights_sha256="", data_sha256="", commit=None,
        seed=0, segments=1, performances=1, table=Table1(**table) if scores else None, **parts,
    )  # fmt: skip


def as_in_the_paper(**changes) -> Models:
    """Models whose Table 1 is the paper's, some with other scores."""
    scores = {m: changes.get(m, PAPER[n]) for m, n in NAMES.items() if n in PAPER}
    return Models("a split", {m: evaluation(m, s) for m, s in scores.items()}, {})


def measured(models: Models) -> dict[str, str]:
    return {claim.words: claim.measured(models) for claim in claims.CLAIMS}


def test_the_papers_own_table_holds_what_the_paper_says_of_it():
    cells = measured(as_in_the_paper())
    ranked = [cell for words, cell in cells.items() if words.endswith((": rhythm", ": note"))]
    assert len(ranked) == 7 and all(cell.startswith(HOLDS) for cell in ranked), ranked
    assert f"{HOLDS}: 6 of 6" in cells.values()
    assert "1.00, 1.00, 1.00, 1.00, 1.00, 1.00 (6 models)" in cells.values()
    assert cells["1 % of labels is enough (against 0, 5, 100 %)"] == MISSING


@pytest.mark.parametrize(("value", "verdict"), [(0.5, FAILS), (0.75, OPEN), (0.9, FAILS)])
def test_one_model_out_of_its_place_is_named(value, verdict):
    """A CVAE as linear as the regularised ones, or these no better than Fader Networks."""
    linear = COLUMNS.index(("linearity", "rhythm"))
    model = "pati" if value == 0.5 else "cvae"
    scores = list(PAPER[NAMES[model]])
    scores[linear] = value
    cell = verdicts.ranked(claims.REGULARISED, claims.OTHERS, linear)(
        as_in_the_paper(**{model: scores})
    )
    assert cell.startswith(verdict) and f"{NAMES[model]} {value:.2f}" in cell


def test_models_that_were_not_trained_are_said():
    few = Models("a split", {m: evaluation(m, PAPER[NAMES[m]]) for m in ("gmvae", "cvae")}, {})
    cell = verdicts.ranked(("gmvae", "pati"), ("cvae", "glsr"), 4)(few)
    assert cell.startswith(OPEN) and cell.endswith("(no Pati et al., GLSR)")
    assert verdicts.ranked(("cvae", "pati"), ("gmvae", "glsr"), 4)(few).startswith(FAILS)
    assert verdicts.ranked(("gmvae",), ("glsr",), 4)(few) == MISSING


@pytest.mark.parametrize(
    ("unsure", "verdict"), [((0.81, 0.3), OPEN), ((0.81, 0.01), HOLDS), ((0.5, 0.3), OPEN)]
)
def test_every_pair_is_judged_by_its_own_interval(unsure, verdict):
    """Not the least and the greatest mean alone: one above them may be less sure."""
    models = {
        model: evaluation(model, [value] * 6, sd)
        for model, (value, sd) in {
            "gmvae": (0.8, 0.01), "pati": unsure, "cvae": (0.6, 0.01), "glsr": (0.6, 0.01)
        }.items()
    }  # fmt: skip
    cell = verdicts.ranked(("gmvae", "pati"), ("cvae", "glsr"), 4)(Models("", models, {}))
    assert cell.startswith(verdict)


@pytest.mark.parametrize(
    ("less", "sd", "verdict"),
    [(0.05, 0.01, HOLDS), (0.05, 0.3, OPEN), (0.2, 0.3, OPEN), (0.2, 0.01, FAILS)],
)
def test_a_score_is_near_by_its_interval(less, sd, verdict):
    scores = [value - less for value in PAPER[NAMES["gmvae"]]]
    models = Models("", {"gmvae": evaluation("gmvae", scores, sd)}, {})
    assert verdicts.reached(models).startswith(verdict)


def test_models_that_are_all_alike_have_no_order():
    alike = Models("", {m: evaluation(m, [0.5] * 6) for m in ("gmvae", "cvae", "pati")}, {})
    assert verdicts.order(alike) == "–, –, –, –, –, – (3 models)"


def test_units_as_played():
    models = Models("a split", {"gmvae": evaluation("gmvae", [0.5] * 6)}, {})
    (row,), _ = paper_tables.scores_as_played([models])
    assert row[2:] == ("0.000", "0.750", "0.750", "0.000")  # the raw .5, by .5 and by 2
    present(models.evaluations["gmvae"].table).sd_as_played["note"] = 0.0  # originals all alike
    (row,), _ = paper_tables.scores_as_played([models])
    assert row[2:] == ("0.000", "–", "–", "0.000")


def mixed(q: list[float], x: list[float], arousal: list[int], piece=None) -> Mixed:
    density = [0.1 * value + 0.01 * (place % 2) for place, value in enumerate(x)]
    codes = {n: Map(x=x, y=x, zd={n: x}, high=q) for n in ("rhythm", "note")}
    return Mixed(
        segments=len(q), pieces=1, piece=list(range(len(q))) if piece is None else piece,
        density={"rhythm": density, "note": density},
        arousal=arousal, codes=codes,
    )  # fmt: skip


def latent(model: str, **parts) -> Latent:
    return Latent(
        kind="latent", name=model, model=model, weights_sha256="", data_sha256="", commit=None,
        seed=0, perplexity=30.0, **parts,
    )  # fmt: skip


def test_clusters_count_the_segments_that_a_code_is_sure_of():
    far = [0.0, 0.1, 0.2, 5.0, 5.1, 5.2]
    rated = mixed(
        [0.01] * 3 + [0.99] * 3 + [0.5] * 4, [*far, 2, 2.1, 2.2, 2.3], [0] * 3 + [1] * 3 + [-1] * 4
    )  # noqa: E501
    models = Models("a split", {}, {"gmvae": latent("gmvae", mixed=rated)})
    assert verdicts.apart(models).count(HOLDS) == 2
    assert verdicts.all_belong(models) == f"{FAILS}: 0 % of performances, 100 % of rated"
    assert verdicts.density_of_clusters("rhythm", 1)(models).startswith(HOLDS)
    assert verdicts.density_of_clusters("note", -1)(models).startswith(FAILS)
    assert verdicts.density_of_ratings("rhythm", 1)(models).startswith(HOLDS)
    assert verdicts.follows(models).startswith(HOLDS)
    near = mixed([0.01, 0.99] * 3, far, [0, 1] * 3)
    assert verdicts.apart(Models("", {}, {"gmvae": latent("gmvae", mixed=near)})).count(FAILS) == 2


def test_segments_of_one_piece_are_alike():
    """Six pieces of ten segments tell less than sixty segments of as many pieces."""
    low, high, between = [0.0] * 20, [1.0] * 20, [0.5] * 10 + [0.6] * 10
    densities, arousal = low + high + between, [0] * 10 + [1] * 10 + [1] * 20 + [0] * 20
    q = [0.5] * 60

    def cell(piece) -> str:
        maps = {"gmvae": latent("gmvae", mixed=mixed(q, densities, arousal, piece))}
        return verdicts.density_of_ratings("rhythm", 1)(Models("", {}, maps))

    assert cell(None).startswith(HOLDS)
    assert cell([place // 10 for place in range(60)]).startswith(OPEN)
    assert cell([place // 20 for place in range(60)]) == f"{MISSING}: too few pieces"


def test_what_cannot_be_judged_is_not():
    def models(*parts):
        return Models("", {}, {"gmvae": latent("gmvae", mixed=mixed(*parts))})

    unrated = models([0.01] * 4, [0.0, 0.1, 0.2, 0.3], [-1] * 4)
    for measure in (verdicts.density_of_clusters, verdicts.density_of_ratings):
        assert measure("rhythm", 1)(unrated).startswith(MISSING)
    assert verdicts.all_belong(unrated) == MISSING
    rated = models([0.01] * 4, [0.0, 0.1, 0.2, 0.3], [0, 1] * 2)
    assert verdicts.all_belong(rated) == MISSING
    older = present(rated.latents["gmvae"].mixed).model_copy(update={"piece": None})
    rated = Models("", {}, {"gmvae": latent("gmvae", mixed=older)})
    assert verdicts.density_of_ratings("rhythm", 1)(rated).startswith(MISSING)


@pytest.mark.parametrize(
    ("few", "verdict"),
    [
        ([0.86, 0.87, 0.88], HOLDS),  # at most .1 below all of them, by 95 % intervals
        ([0.78, 0.80, 0.82], OPEN),
        ([0.50, 0.52, 0.54], FAILS),
    ],
)
def test_few_labels_do_where_they_come_near_all(few, verdict):
    aucs = {0.0: [0.4, 0.5, 0.6], 0.01: few, 1.0: [0.84, 0.85, 0.86]}
    runs = [run(share, seed, auc) for share in aucs for seed, auc in enumerate(aucs[share])]
    models = Models("", {}, {}, {}, results(*runs))
    with_all = "with all 0.85 ± 0.02, with none 0.50 ± 0.25"  # t of two degrees: 4.303 / √3
    assert verdicts.few_labels(models).startswith(f"{verdict}: AUC {few[1]:.2f} ± ")
    assert verdicts.few_labels(models).endswith(with_all)
    once = Models("", {}, {}, {}, results(*runs[::3]))
    assert verdicts.few_labels(once) == MISSING


@pytest.mark.parametrize(
    ("ours", "single", "verdict"),
    [
        ([0.8, 0.9], [0.5, 0.7], HOLDS),
        ([0.95, 1.0], [0.95, 1.0], FAILS),
        ([0.5, 0.9], [0.4, 0.9], OPEN),
        ([0.4, 0.5], [0.6, 0.8], FAILS),
    ],  # noqa: E501
)
def test_figure_4_compares_intervals(ours, single, verdict):
    def rated(interval):
        return LabelledMap(segments=2, pieces=2, arousal=[0, 1], x=[0, 1], y=[0, 1], silhouette=0.0,
                        auc=sum(interval) / 2, auc_interval=interval)  # fmt: skip

    maps = {"gmvae": latent("gmvae", labelled=rated(ours))}
    assert verdicts.with_features(Models("", {}, maps)).startswith(MISSING)
    maps["singlegmvae"] = latent("singlegmvae", labelled=rated(single))
    assert verdicts.with_features(Models("", {}, maps)).startswith(verdict)


@pytest.mark.parametrize(
    ("moved", "alone", "verdict"),
    [
        (0.9, 0.4, HOLDS),
        (0.6, 0.58, OPEN),
        (0.4, 0.6, FAILS),
        (0.7, 0.58, OPEN),  # least .6042: beyond the share alone, not beyond its interval
        (0.3, 0.1, FAILS),  # most do not hear it
    ],
)
def test_a_shift_has_to_beat_playing_alone(moved, alone, verdict):
    transfers = {"high": ClassifiedTransfers(n=100, moved=moved, moved_by_reconstruction=alone)}
    models = Models("", {"gmvae": evaluation("gmvae", classified_transfers=transfers)}, {})
    assert verdicts.shifted("high")(models).startswith(verdict)
    assert verdicts.shifted("low")(models) == MISSING


def test_the_interval_of_a_shift_is_wilsons():
    transfers = {"high": ClassifiedTransfers(n=100, moved=0.5, moved_by_reconstruction=0.2)}
    models = Models("", {"gmvae": evaluation("gmvae", classified_transfers=transfers)}, {})
    assert "[40, 60]" in verdicts.shifted("high")(models)  # .4038 to .5962


def test_intervals():
    assert split_results.interval(0.0, 1) == float("inf")
    assert split_results.interval(0.3, 10) == pytest.approx(2.2622 * 0.1, abs=1e-4)


def test_the_papers_results_are_of_its_size_and_one_data_set():
    for models in split_results.shipped_sets(RESULTS)[:2]:
        assert models.evaluations.keys() | models.latents.keys() == models.trainings.keys()
        assert {run.model_settings["hidden"] for run in models.trainings.values()} == {512}
        hashes = {run.data_sha256 for run in models.trainings.values()}
        hashes |= {e.data_sha256 for e in models.evaluations.values()}
        hashes |= {x.data_sha256 for x in models.latents.values()}
        assert len(hashes) == 1
