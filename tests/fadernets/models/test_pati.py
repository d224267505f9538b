import pytest
import torch

from fadernets.models import losses
from tests.fadernets.models.test_seven import of
from tests.fadernets.tiny import TINY, bars, batch


def test_one_code_as_wide_as_the_others_together():
    pati, inputs = of("pati"), batch(bars(3, seed=11))
    (code,) = pati.encode(inputs.tokens, inputs.lengths, inputs.densities).values()
    assert code.shape == (3, TINY.latent * 2)
    assert pati.handles == {"rhythm": ("segment", 0), "note": ("segment", 1)}


@pytest.mark.slow
def test_each_attribute_orders_its_own_dimension():
    pati, inputs = of("pati").train(), batch(bars(5, seed=11))
    code = torch.randn(5, 16, generator=torch.Generator().manual_seed(0), requires_grad=True)
    terms = pati.code_terms(inputs, {"segment": code})
    for dimension, name in enumerate(("rhythm", "note")):
        expected = losses.latent_regularisation(code[:, dimension], inputs.densities[name])
        torch.testing.assert_close(terms[f"{name}_order"].value, expected)
        (grad,) = torch.autograd.grad(terms[f"{name}_order"].value, code, retain_graph=True)
        assert grad[:, dimension].any()
        grad[:, dimension] = 0
        assert not grad.any()


def test_a_perfect_order_costs_nothing():
    pati, inputs = of("pati"), batch(bars(5, seed=11))
    code = torch.zeros(5, 16)
    for dimension, name in enumerate(("rhythm", "note")):
        code[:, dimension] = 1e3 * inputs.densities[name]
    terms = pati.code_terms(inputs, {"segment": code})
    assert all(term.value < 1e-6 for term in terms.values())
