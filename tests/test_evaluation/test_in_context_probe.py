"""In-context retrieval of whole images that colour alone tells apart."""

from dataclasses import replace
from importlib.util import find_spec

import pytest
from torch import nn

from setsim_mm.evaluation import build_data_preprocessor, image_inputs
from setsim_mm.evaluation.in_context_probe import InContextOptions, evaluate_in_context
from setsim_mm.utils import UserError
from tests.bands import band_images, bands_config, write_band_labels
from tests.labelled_images import colours


@pytest.fixture
def backbone():
    return nn.AvgPool2d(16)  # 6x8 positions


def test_colours_find_their_labels(camvid, backbone):
    result = evaluate_in_context(backbone, colours, *camvid)
    # Positions without a label are interpolated into their neighbours.
    assert 99 < result.miou < 100
    assert result.iou.isnan().sum() == 9
    # 7 of 8 columns are labelled.
    assert (len(result.memory), result.num_images) == (4 * 6 * 7, 4)


@pytest.mark.parametrize('memory_size', [None, 40])
def test_order_of_images_changes_nothing(camvid, backbone, memory_size):
    options = InContextOptions(memory_size=memory_size, k=3)
    expected = evaluate_in_context(backbone, colours, *camvid, options)
    for images in camvid:
        images.samples = images.samples[::-1]
    found = evaluate_in_context(backbone, colours, *camvid, options)
    assert found.miou == pytest.approx(expected.miou)
    assert len(found.memory) == len(expected.memory)


def test_more_neighbours_than_positions(camvid, backbone):
    options = InContextOptions(k=999)
    with pytest.raises(UserError, match=r'999\b.* 168\b'):
        evaluate_in_context(backbone, colours, *camvid, options)


@pytest.mark.skipif(find_spec('faiss') is None, reason='needs faiss-cpu')
def test_faiss_gives_the_same_score(camvid, backbone):
    torchs, faisss = (
        evaluate_in_context(backbone, colours, *camvid, InContextOptions(search=name))
        for name in ('torch', 'faiss')
    )
    assert faisss.miou == pytest.approx(torchs.miou, abs=0.01)


def test_a_band_that_tells_classes_apart(tmp_path):
    inputs = image_inputs(bands_config(), build_data_preprocessor(bands_config()))
    images = band_images(write_band_labels(tmp_path), inputs.load)
    options = InContextOptions(k=3)
    # The patches lie within the halves, whose border is interpolated to the pixel.
    result = evaluate_in_context(nn.AvgPool2d(16), inputs, *images, options)
    assert result.miou == 100
    without = replace(inputs, normalization=None)
    first_bands = nn.Sequential(FirstBands(), nn.AvgPool2d(16))
    result = evaluate_in_context(first_bands, without, *images, options)
    assert result.miou < 75


class FirstBands(nn.Module):
    """The bands that do not tell the classes apart."""

    def forward(self, images):
        return images[:, :3]
