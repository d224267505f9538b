import pytest
import torch

from fadernets.models.standardise import Standardiser


def observed(*batches):
    standardiser = Standardiser(("rhythm", "note"))
    for batch in batches:
        standardiser.observe(batch)
    return standardiser


def densities(rows, seed):
    generator = torch.Generator().manual_seed(seed)
    return {
        "rhythm": torch.rand(rows, generator=generator),
        "note": 4 + 2 * torch.randn(rows, generator=generator),
    }


def test_by_hand():
    standardiser = observed({"rhythm": torch.tensor([0.0, 1.0]), "note": torch.tensor([2.0, 6.0])})
    assert standardiser.mean.tolist() == [0.5, 4.0]
    assert standardiser.spread.tolist() == [0.5, 2.0]
    densities = {"rhythm": torch.tensor([1.0]), "note": torch.tensor([3.0])}
    assert standardiser(densities).tolist() == [[1.0, -0.5]]


def test_batches_of_one_size_count_as_one():
    parts = [densities(16, seed) for seed in range(5)]
    together = {n: torch.cat([part[n] for part in parts]) for n in ("rhythm", "note")}
    units = observed(*parts)
    for place, name in enumerate(together):
        assert units.mean[place].item() == pytest.approx(together[name].mean().item(), rel=1e-5)
        expected = together[name].std(correction=0).item()
        assert units.spread[place].item() == pytest.approx(expected, rel=1e-5)


def test_what_was_long_ago_fades():
    standardiser = observed(*[densities(8, 0)] * 3)
    new = {"rhythm": torch.full((8,), 5.0), "note": torch.full((8,), 9.0)}
    for _ in range(1_000):
        standardiser.observe(new)
    assert standardiser.mean.tolist() == pytest.approx([5.0, 9.0], abs=1e-2)
    assert standardiser.batches == 100  # holds in half precision


def test_densities_all_alike_divide_by_no_zero():
    standardiser = observed({"rhythm": torch.ones(4), "note": torch.ones(4)})
    assert torch.isfinite(standardiser({"rhythm": torch.ones(4), "note": torch.ones(4)})).all()
