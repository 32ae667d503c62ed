"""The bank of QK Iteration: keys, positives, and what each query excludes."""

import pytest
import torch
from torch.nn import functional as F

from setsim_mm.models.heads import BankContrastiveHead
from setsim_mm.models.losses import bank_contrastive_loss
from setsim_mm.models.memories import KeyBank


def filled(images=7, dim=5, without=(3,), **options):
    """A bank with keys of all images but some, and these keys by image."""
    bank = KeyBank(images, dim, **options)
    keys = F.normalize(torch.randn(images, dim), dim=1)
    there = torch.tensor([i for i in range(images) if i not in without])
    for block in there.split(2):
        bank.write(block, keys[block])
    return bank, keys, there


@pytest.mark.parametrize('on_disk', [False, True])
@pytest.mark.parametrize(('dtype', 'tolerance'), [('float16', 1e-3), ('float32', 0)])
def test_keys(tmp_path, on_disk, dtype, tolerance):
    file = tmp_path / 'new' / 'bank' if on_disk else None
    bank, keys, there = filled(dtype=dtype, file=file)
    assert bank.negatives.shape == (5, 6) and bank.negatives.t().is_contiguous()
    stored = bank.negatives.t().float()
    torch.testing.assert_close(stored, keys[there], atol=tolerance, rtol=0)
    some = torch.tensor([6, 0, 4])
    positives = bank.positives(some)
    assert positives.dtype == torch.float32
    torch.testing.assert_close(positives, keys[some], atol=tolerance, rtol=0)
    if on_disk:
        assert file.stat().st_size == 7 * 5 * bank.keys.itemsize
        # Another process of the machine reads the same keys and writes none.
        other = KeyBank(7, 5, dtype, file=file)
        other.write(there, torch.zeros(6, 5), stores=False)
        assert torch.equal(other.negatives, bank.negatives)
    bank.clear()
    assert bank.length == 0 and (bank.rows == -1).all()


def test_an_image_without_a_key():
    bank, *_ = filled()
    with pytest.raises(ValueError, match='image 3 has no key'):
        bank.positives(torch.tensor([1, 3]))


def test_excluded_columns():
    bank, *_ = filled(copies=[(0, 5), (5, 6), (1, 3)])
    # The columns of images 4, 5 and 6 come one earlier, since 3 has no key.
    excluded = bank.excluded(torch.tensor([0, 5, 1, 4]))
    assert excluded.tolist() == [[0, 4, -1], [4, 0, 5], [1, -1, -1], [3, -1, -1]]


def test_loss_is_cross_entropy_without_copies():
    bank, keys, _ = filled(9, without=(), dtype='float32', copies=[(2, 7)])
    images = torch.tensor([2, 4])
    queries = F.normalize(torch.randn(2, 5), dim=1).requires_grad_()
    logits = queries.double() @ keys.double().t() / 0.3
    copy = torch.zeros(2, 9, dtype=torch.bool)
    copy[0, 7] = True
    logits = logits.masked_fill(copy, -torch.inf)
    expected = F.cross_entropy(logits, images)
    found = BankContrastiveHead(temperature=0.3)(queries, bank, images)
    torch.testing.assert_close(found['loss'].double(), expected)
    torch.testing.assert_close(
        *(torch.autograd.grad(x, queries)[0] for x in (found['loss'], expected))
    )
    similarity = (queries * keys[images]).sum(dim=1).mean()
    torch.testing.assert_close(found['positive_similarity'], similarity)


@pytest.mark.parametrize('temperature', [0.0, -1.0])
def test_temperature_out_of_range(temperature):
    with pytest.raises(ValueError, match='temperature'):
        BankContrastiveHead(temperature)
    with pytest.raises(ValueError, match='temperature'):
        bank_contrastive_loss(*[torch.ones(1, 1)] * 3, torch.zeros(1, 1), temperature)
