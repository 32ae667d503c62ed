"""The linear classifier against scikit-learn, and soft labels against counts."""

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as F

from setsim_mm.evaluation.linear_probe import fit_linear


def test_it_is_scikit_learns_logistic_regression():
    features = torch.randn(60, 5, dtype=torch.float64) * torch.arange(1, 6)
    labels = torch.randint(0, 3, (60,))
    found = fit_linear(features, F.one_hot(labels, 3).double(), decay=0.05)

    standardised = (features - features.mean(0)) / features.std(0, correction=0)
    reference = LogisticRegression(C=1 / (60 * 0.05), tol=1e-10, max_iter=10_000)
    reference.fit(standardised, labels)
    expected = torch.from_numpy(reference.predict_log_proba(standardised))
    assert torch.allclose(F.log_softmax(found(features), 1), expected, atol=1e-4)


def test_shares_are_counts_of_pixels():
    """A patch with shares 3/4 and 1/4 is four pixels with the same features."""
    patches, shares = torch.randn(20, 3), torch.rand(20, 2).round(decimals=0)
    shares[0] = torch.tensor([0.75, 0.25])
    shares[1] = 0.0  # without a class
    soft = fit_linear(patches, shares)

    quarters = (shares * 4).long()
    rows = [(i, c) for i in range(20) for c in (0, 1) for _ in range(quarters[i, c])]
    pixels = torch.tensor([i for i, _ in rows])
    labels = torch.tensor([c for _, c in rows])
    # The same standardisation: every patch counts once.
    mean, deviation = patches.mean(0), patches.std(0, correction=0)
    standardised = (patches - mean) / deviation
    # Of two classes, scikit-learn has the difference of the weights, whose squared norm
    # is twice that of both.
    reference = LogisticRegression(C=2 / (len(rows) * 0.01), tol=1e-10, max_iter=10_000)
    reference.fit(standardised[pixels], labels)
    logits = soft(patches)
    expected = torch.from_numpy(reference.decision_function(standardised)).float()
    assert torch.allclose(logits[:, 1] - logits[:, 0], expected, atol=1e-3)


def test_nothing_is_random_and_the_scale_does_not_matter():
    features, labels = torch.randn(30, 4), torch.randint(0, 2, (30,))
    one_hot = F.one_hot(labels, 2).float()
    first, second = fit_linear(features, one_hot), fit_linear(features, one_hot)
    assert torch.equal(first.weight, second.weight)
    scaled = fit_linear(features * 1000, one_hot)
    assert torch.allclose(scaled(features * 1000), first(features), atol=1e-2)


def test_a_constant_channel_and_a_missing_class():
    features = torch.tensor([[0.0, 1.0], [3.0, 1.0]])
    found = fit_linear(features, torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
    assert found(features).argmax(1).tolist() == [0, 2]


@pytest.mark.parametrize('shares', [torch.zeros(2, 3), torch.zeros(0, 3)])
def test_no_label(shares):
    with pytest.raises(ValueError, match='at least one labelled feature'):
        fit_linear(torch.ones(len(shares), 4), shares)
