"""What several seeds come to: intervals, verdicts and the spread, worked out by hand."""

import pytest

from tests.train.reporting.test_claims import evaluation
from train.report import RESULTS
from train.reporting import claims, paper_tables, seed_tables, verdicts
from train.reporting.paper import COLUMNS
from train.reporting.results.evaluation import ArousalScores
from train.reporting.split_results import Models, SeedMeans, seed_sets
from train.reporting.verdicts import FAILS, HOLDS, MISSING, OPEN

LINEAR = COLUMNS.index(("linearity", "rhythm"))
T2 = 4.3027 / 3**0.5  # Student's t of two degrees by the root of three seeds


def seeds(**values) -> list[Models]:
    """Some seeds, in which every score of a model is one of these."""
    count = len(next(iter(values.values())))
    return [
        Models(f"seed {n}", {m: evaluation(m, [v[n]] * 6) for m, v in values.items()}, {})
        for n in range(count)
    ]


def test_the_interval_is_students_over_the_seeds():
    """The sd of .7, .8 and .9 is .1; what the runs of each seed say does not come into it."""
    means = SeedMeans.of(seeds(gmvae=(0.7, 0.8, 0.9), cvae=(0.5, 0.5, 0.5)))
    assert means.title == "3 seeds"
    assert means.scores()["gmvae"][LINEAR] == pytest.approx((0.8, 0.1 * T2), abs=1e-4)
    assert means.scores()["cvae"][LINEAR] == pytest.approx((0.5, 0.0))
    rows, _ = paper_tables.scores([means])
    assert [row[3] for row in rows if row[1] == "3 seeds"] == [
        "**0.800** ± 0.248",
        "**0.500** ± 0.000",
    ]


@pytest.mark.parametrize(
    ("other", "alone", "over"),
    [(0.54, HOLDS, HOLDS), (0.60, HOLDS, OPEN), (1.04, FAILS, OPEN), (1.06, FAILS, FAILS)],
)
def test_each_seed_may_be_sure_of_what_is_open_over_seeds(other, alone, over):
    """.8 ± .25 over the seeds, ± .01 over the runs of each."""
    of_seeds = seeds(gmvae=(0.7, 0.8, 0.9), cvae=(other,) * 3)
    judged = verdicts.ranked(("gmvae",), ("cvae",), LINEAR)
    assert judged(of_seeds[1]).startswith(alone)
    assert judged(SeedMeans.of(of_seeds)).startswith(over)


def test_a_model_that_a_seed_lacks_is_not_counted():
    first, second = seeds(gmvae=(0.7, 0.8), cvae=(0.5, 0.5))
    lacking = Models("seed 1", {"gmvae": second.evaluations["gmvae"]}, {})
    assert SeedMeans.of([first, lacking]).scores().keys() == {"gmvae"}


def rated(auc: float, **further: float) -> Models:
    """One seed's GM-VAE, and others, that tell arousal so well."""
    scores = {
        model: ArousalScores(labelled_segments=2, labelled_pieces=2, auc=value, accuracy=None)
        for model, value in {"gmvae": auc, **further}.items()
    }
    return Models("", {m: evaluation(m, arousal=score) for m, score in scores.items()}, {})


@pytest.mark.parametrize(
    ("single", "verdict"),
    [((0.40, 0.41, 0.42), HOLDS), ((0.50, 0.52, 0.54), OPEN), ((0.98, 0.98, 0.98), FAILS)],
)
def test_figure_4_is_judged_over_seeds(single, verdict):
    """.7 [.45, .95] over the seeds; the pieces of each tell nothing."""
    pairs = zip((0.6, 0.7, 0.8), single, strict=True)
    means = SeedMeans.of([rated(auc, singlegmvae=other) for auc, other in pairs])
    assert verdicts.with_features(means).startswith(f"{verdict}: AUC with 0.70 [0.45, 0.95]")


def test_codes_that_a_seed_lacks_are_not_judged():
    assert verdicts.with_features(SeedMeans.of([rated(0.6), Models("", {}, {})])) == MISSING


def test_claims_stand_once_by_seed_and_over_seeds():
    of_seeds = seeds(gmvae=(0.7, 0.8, 0.9), vanilla=(0.1, 0.1, 0.1))
    rows, head = seed_tables.claims(of_seeds)
    assert head == ("claim", "seed 0", "seed 1", "seed 2", "over 3 seeds")
    (more,) = [row for row in rows if "GM-VAE is more consistent" in row[0] and "note" in row[0]]
    assert all(cell.startswith(HOLDS) for cell in more[1:])
    assert 0 < len(rows) < len(claims.CLAIMS)  # no line of what no seed has measured


def test_the_spread_over_seeds_stands_beside_that_over_runs():
    """Two models that the first seed has one way round and the second the other.

    Over ten runs ± 2.2622 · .03 / 3. Over two seeds the variances are .08 and .005: .2062 is the
    root of their mean, 4.3027 the t of its two degrees.
    """
    first, second = [
        Models("", {m: evaluation(m, [v] * 6, sd=0.03) for m, v in values.items()}, {})
        for values in ({"gmvae": 0.8, "cvae": 0.5}, {"gmvae": 0.4, "cvae": 0.6})
    ]
    rows, _ = seed_tables.spread([first, second])
    assert len(rows) == len(COLUMNS)
    assert rows[0][1:] == ("± 0.023", "± 0.887", "39.2", "2", "0", "2")
    rows, _ = seed_tables.spread([first, first])
    assert rows[0][1:] == ("± 0.023", "± 0.000", "0.0", "2", "0", "0")


def test_the_seeds_in_the_repository_differ_by_their_seed_alone():
    of_seeds = seed_sets(RESULTS)
    runs = [run for models in of_seeds for run in models.trainings.values()]
    assert len(of_seeds) >= 3
    for models in of_seeds:
        assert models.evaluations.keys() == models.trainings.keys()
        assert {f"seed {run.seed}" for run in models.trainings.values()} == {models.title}
    assert all({"gmvae", "singlegmvae", "vanilla"} <= m.evaluations.keys() for m in of_seeds)
    for model in of_seeds[0].trainings:
        alike = [models.trainings[model] for models in of_seeds if model in models.trainings]
        assert len({(run.steps, run.batch, run.parameters) for run in alike}) == 1
        assert all(run.model_settings == alike[0].model_settings for run in alike)
    results = [e for models in of_seeds for e in models.evaluations.values()]
    results += [x for models in of_seeds for x in models.latents.values()]
    assert len({part.data_sha256 for part in [*runs, *results]}) == 1
