"""Attention and the selection by it: Eq. 3 to 5."""

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from setsim_mm.models.matchers import (
    AttentionMatcher,
    attended_positions,
    spatial_attention,
)
from setsim_mm.structures import ViewFeatures
from tests.references import attended, attention
from tests.strategies import grids, seeds, thresholds


def test_attention_by_hand():
    feature_map = torch.tensor([[[[1.0, -2.0], [0.0, 3.0]], [[-1.0, 2.0], [0.0, 1.0]]]])
    assert spatial_attention(feature_map, 1).tolist() == [[2, 4, 0, 4]]
    torch.testing.assert_close(
        spatial_attention(feature_map, 2), torch.tensor([[1.0, 4.0, 0.0, 5.0]])
    )


@given(st.integers(1, 3), st.integers(1, 6), grids, st.sampled_from([1, 2]), seeds)
def test_attention_equals_reference(images, channels, grid, power, seed):
    generator = torch.Generator().manual_seed(seed)
    feature_map = torch.randn(images, channels, *grid, generator=generator)
    expected = [attention(single, power) for single in feature_map]
    torch.testing.assert_close(
        spatial_attention(feature_map, power).double(),
        torch.tensor(expected, dtype=torch.float64),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
@pytest.mark.parametrize('power', [1, 2])
def test_half_precision_is_summed_in_float32(dtype, power):
    feature_map = torch.full((1, 2048, 2, 2), 300.0, dtype=dtype)
    feature_map[..., 0, 0] += 8  # 2048 * 300 and 300² overflow float16
    result = spatial_attention(feature_map, power)
    assert result.dtype == torch.float32
    expected = [attention(feature_map[0], power)]
    torch.testing.assert_close(result, torch.tensor(expected))


def test_float64_stays_float64():
    assert spatial_attention(torch.ones(1, 2, 2, 2).double()).dtype == torch.float64


def test_attended_by_hand():
    values = torch.tensor([[0.0, 1.0, 2.0, 3.0, 4.0], [9.0, 5.0, 6.0, 5.0, 7.0]])
    assert attended_positions(values, 0.5).int().tolist() == [
        [0, 0, 1, 1, 1],  # 0, 1/4, 1/2, 3/4, 1
        [1, 0, 0, 0, 1],  # 1, 0, 1/4, 0, 1/2
    ]


def test_exactly_the_threshold_attends():
    # 7/10 and 0.7 are the same float32; Eq. 5 has >=.
    values = torch.arange(11.0)[None]
    assert attended_positions(values, 0.7)[0].tolist() == [False] * 7 + [True] * 4


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=30), thresholds)
def test_attended_equals_exact_arithmetic(values, threshold):
    low, span = min(values), max(values) - min(values)
    delta = Fraction(str(threshold))
    expected = [not span or Fraction(v - low, span) >= delta for v in values]
    result = attended_positions(torch.tensor([values], dtype=torch.float32), threshold)
    assert result[0].tolist() == expected


@given(st.integers(1, 4), grids, thresholds, seeds)
def test_the_maximum_always_attends(images, grid, threshold, seed):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(images, grid[0] * grid[1], generator=generator)
    mask = attended_positions(values, threshold)
    assert mask[torch.arange(images), values.argmax(1)].all()


def test_threshold_0_takes_all_and_1_takes_the_maxima():
    values = torch.tensor([[3.0, 1.0, 3.0, 2.0]])
    assert attended_positions(values, 0).all()
    assert attended_positions(values, 1).tolist() == [[True, False, True, False]]


@pytest.mark.parametrize('value', [0.0, 1.0, -3.0, 1e-30, 1e30])
@pytest.mark.parametrize('threshold', [0, 0.7, 1])
def test_a_constant_map_attends_everywhere(value, threshold):
    assert attended_positions(torch.full((2, 9), value), threshold).all()


@pytest.mark.parametrize('channels', [3, 64, 500, 2048])
@pytest.mark.parametrize('power', [1, 2])
@pytest.mark.parametrize('layout', [torch.contiguous_format, torch.channels_last])
def test_equal_vectors_everywhere_attend_everywhere(channels, power, layout):
    # Summation order must not differ between positions, vectorised or not.
    feature_map = torch.randn(2, channels, 1, 1).expand(-1, -1, 7, 5)
    view = ViewFeatures(feature_map.contiguous(memory_format=layout))
    assert AttentionMatcher(0.7, power).attended(view).all()


def test_one_constant_image_does_not_disturb_the_others():
    values = torch.tensor([[2.0, 2.0, 2.0], [0.0, 1.0, 0.2]])
    assert attended_positions(values, 0.7).tolist() == [
        [True, True, True],
        [False, True, False],
    ]


@given(st.floats(0.01, 100), thresholds, seeds)
def test_the_scale_of_features_does_not_matter(scale, threshold, seed):
    generator = torch.Generator().manual_seed(seed)
    feature_map = torch.randint(-8, 9, (2, 4, 3, 2), generator=generator).double()
    matcher = AttentionMatcher(threshold)
    relative = attended_positions(spatial_attention(feature_map), threshold)
    for single, mask in zip(feature_map, relative, strict=True):
        # Exact ties with the threshold may fall either way once scaled.
        lower = attended(single, threshold + 1e-9)
        upper = attended(single, threshold - 1e-9)
        scaled = matcher.attended(ViewFeatures(scale * single[None]))[0]
        assert lower <= set(scaled.nonzero().flatten().tolist()) <= upper
        assert lower <= set(mask.nonzero().flatten().tolist()) <= upper


def test_golden_attention(golden):
    matcher = AttentionMatcher(golden['attention_threshold'], power=2)
    for side in 'qk':
        view = ViewFeatures(golden[f'z_{side}'])
        assert matcher.attended(view).equal(golden[f'attended_{side}'])


@pytest.mark.parametrize('threshold', [-0.01, 1.01, 70, float('nan')])
def test_threshold_outside_0_1(threshold):
    with pytest.raises(ValueError, match=r'threshold.*0 and 1'):
        AttentionMatcher(threshold)


@pytest.mark.parametrize('power', [0, 3, '1'])
def test_unknown_power(power):
    with pytest.raises(ValueError, match=r'power.* 1 .*2'):
        AttentionMatcher(power=power)
    with pytest.raises(ValueError, match=r'power.* 1 .*2'):
        spatial_attention(torch.rand(1, 2, 2, 2), power)


def test_repr_shows_hyper_parameters():
    assert repr(AttentionMatcher(0.3, 2)) == 'AttentionMatcher(threshold=0.3, power=2)'
