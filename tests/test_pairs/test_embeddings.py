"""Files of embeddings, good and bad."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from setsim_mm.pairs import centered, embeddings, load_embeddings, normalized_half
from setsim_mm.utils import UserError


def write(folder, features, names=('a.jpg', 'b c.jpg')):
    np.save(folder / 'known.npy', features)
    (folder / 'known.txt').write_text(''.join(f'{name}\n' for name in names))
    return folder / 'known.npy'


def test_embeddings_are_normalised_and_named(tmp_path):
    loaded = load_embeddings(write(tmp_path, np.array([[3.0, 4.0], [0.0, -9.0]])))
    assert loaded.names == ['a.jpg', 'b c.jpg']
    assert loaded.features.dtype == torch.float16
    expected = torch.tensor([[0.6, 0.8], [0, -1]])
    torch.testing.assert_close(loaded.features.float(), expected, atol=1e-3, rtol=0)
    assert loaded.part([1]).names == ['b c.jpg']


def test_large_values_do_not_overflow_in_half_precision():
    half = normalized_half(
        np.full((3, 4), 1e10, dtype=np.float32) * [[1], [1e-9], [1]], 'x'
    )
    assert half.float().allclose(torch.full((3, 4), 0.5), atol=1e-3)


def test_centred_features_are_compared_without_their_mean(monkeypatch):
    generator = torch.Generator().manual_seed(0)
    features = F.normalize(torch.rand(50, 16, generator=generator) + 1, dim=1)
    expected = F.normalize(features - features.mean(dim=0), dim=1)
    monkeypatch.setattr(embeddings, 'ROWS', 7)
    found = centered(features.half()).float()
    torch.testing.assert_close(found, expected, atol=5e-3, rtol=0)
    off_diagonal = (found @ found.t()).fill_diagonal_(0)
    assert off_diagonal.mean().abs() < 0.05 < (features @ features.t()).mean()
    same = torch.full((3, 4), 0.5).half()
    assert centered(same).equal(torch.zeros(3, 4).half())


@pytest.mark.parametrize(
    ('features', 'names', 'message'),
    [
        (np.ones((3, 2)), 'ab', 'has 3 rows, .* lists 2'),
        (np.ones((2, 2)), 'aa', '1 images twice'),
        (np.ones((2, 2, 2)), 'ab', r'shape \(2, 2, 2\)'),
        (np.ones((2, 2), dtype=int), 'ab', 'int64'),
        (np.ones((0, 2)), '', r'shape \(0, 2\)'),
        (np.array([[1, 2], [np.nan, 1]]), 'ab', 'row 1 .*NaN'),
        (np.array([['x']], dtype=object), 'a', 'cannot be read'),
    ],
)
def test_bad_embeddings(tmp_path, features, names, message):
    with pytest.raises(UserError, match=message):
        load_embeddings(write(tmp_path, features, names))


def test_missing_names_and_a_damaged_file(tmp_path):
    path = write(tmp_path, np.ones((2, 2)))
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(UserError, match='cannot be read'):
        load_embeddings(path)
    path.with_suffix('.txt').unlink()
    with pytest.raises(UserError, match=r"no file '.*known.txt'"):
        load_embeddings(path)
