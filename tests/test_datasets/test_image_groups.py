"""Groups of copies from a text file."""

import pytest

from setsim_mm.datasets import UnlabeledImages
from setsim_mm.datasets.image_groups import read_image_groups
from setsim_mm.utils import UserError

from .images import noise_image


@pytest.fixture
def dataset(tmp_path):
    for name in ('a.png', 'b.png', 'more/a.png'):
        path = tmp_path / 'images' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise_image(0).save(path)
    return UnlabeledImages(str(tmp_path / 'images'))


def test_relative_and_absolute_paths(dataset, tmp_path):
    file = tmp_path / 'copies.txt'
    file.write_text(f'a.png\tmore/a.png\n\nb.png\t{tmp_path}/images/a.png\n')
    assert read_image_groups(file, dataset) == [[0, 2], [1, 0]]


def test_unknown_images_and_missing_files(dataset, tmp_path):
    file = tmp_path / 'copies.txt'
    file.write_text('a.png\tc.png\nd.png\ta.png\n')
    with pytest.raises(UserError, match=r"names 2 images .* 'c.png'"):
        read_image_groups(file, dataset)
    with pytest.raises(UserError, match=r'missing\.txt'):
        read_image_groups(tmp_path / 'missing.txt', dataset)
