"""Properties of all matchers, of this package and of others."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from setsim_mm.models.matchers import Matcher, UnionMatcher, build_matcher
from setsim_mm.registry import MATCHERS
from setsim_mm.structures import ViewFeatures
from tests.strategies import view_pairs

CONFIGS = {
    'random': {'type': 'RandomMatcher', 'threshold': 0.5},
    'sort': {'type': 'SortMatcher', 'threshold': 0.5},
    'hungarian': {'type': 'HungarianMatcher', 'threshold': 0.5},
    'set2set': {'type': 'Set2SetMatcher', 'threshold': 0.5},
    'set2set_nn': {'type': 'Set2SetNNMatcher', 'threshold': 0.5},
    'geometric': {'type': 'GeometricMatcher', 'radius': 0.7},
    'union': {
        'type': 'UnionMatcher',
        'matchers': [{'type': 'Set2SetMatcher'}, {'type': 'GeometricMatcher'}],
        'nearest_neighbor': True,
    },
}
every_matcher = pytest.mark.parametrize('config', CONFIGS.values(), ids=CONFIGS)


@every_matcher
@given(views=view_pairs(boxes=True))
def test_shape_and_type(config, views):
    query, key = views
    mask = MATCHERS.build(config)(query, key)
    positions = [view.grid[0] * view.grid[1] for view in views]
    assert mask.shape == (len(query.feature_map), *positions)
    assert mask.dtype == torch.bool
    if config['type'] != 'GeometricMatcher':
        assert mask.flatten(1).any(1).all()  # never an empty set


@pytest.mark.parametrize('name', [name for name in CONFIGS if name != 'random'])
@given(views=view_pairs(boxes=True), order_seed=st.integers(0, 1000))
def test_images_are_independent(name, views, order_seed):
    """Permuting the batch permutes the correspondence, unless it is random."""
    generator = torch.Generator().manual_seed(order_seed)
    order = torch.randperm(len(views[0].feature_map), generator=generator)
    matcher = MATCHERS.build(CONFIGS[name])
    shuffled = [ViewFeatures(v.feature_map[order], v.box[order]) for v in views]
    assert matcher(*shuffled).equal(matcher(*views)[order])


@pytest.mark.parametrize('name', ['sort', 'hungarian', 'set2set', 'set2set_nn'])
@given(views=view_pairs(), order_seed=st.integers(0, 1000))
def test_permuting_positions_permutes_the_correspondence(name, views, order_seed):
    """Matching by features does not depend on the order of positions."""
    generator = torch.Generator().manual_seed(order_seed)
    shuffled, orders = [], []
    for view in views:
        flat = view.feature_map.flatten(2)
        orders.append(torch.randperm(flat.shape[2], generator=generator))
        shuffled.append(ViewFeatures(flat[:, :, orders[-1]].view_as(view.feature_map)))
    matcher = MATCHERS.build(CONFIGS[name])
    expected = matcher(*views)[:, orders[0]][:, :, orders[1]]
    if views[0].feature_map.shape[1] > 1:  # one channel: all cosines tie at 1 or -1
        assert matcher(*shuffled).equal(expected)


@every_matcher
def test_inputs_are_not_changed(config):
    box = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    views = [ViewFeatures(torch.randn(1, 4, 3, 3), box.clone()) for _ in range(2)]
    copies = [(v.feature_map.clone(), v.box.clone()) for v in views]
    MATCHERS.build(config)(*views)
    for view, (feature_map, box) in zip(views, copies, strict=True):
        assert view.feature_map.equal(feature_map)
        assert view.box.equal(box)


@every_matcher
def test_a_matcher_adds_nothing_to_the_checkpoint(config):
    assert not MATCHERS.build(config).state_dict()


@every_matcher
def test_union_of_parts_is_the_correspondence(config):
    box = torch.tensor([[0.0, 0.0, 1.0, 1.0]])
    views = [ViewFeatures(torch.randn(1, 4, 3, 3), box) for _ in range(2)]
    matcher = MATCHERS.build(config)
    torch.manual_seed(1)
    mask = matcher(*views)
    torch.manual_seed(1)
    parts = matcher.positives_by_source(*views)
    assert torch.stack(list(parts.values())).any(0).equal(mask)


class OnlyForward(Matcher):
    """The class of the documentation, with a forward only."""

    def __init__(self, offset: int = 0) -> None:
        super().__init__()
        self.offset = offset

    def forward(self, query, key):
        return diagonal(query, key).roll(self.offset, dims=2)


class OnlyModule(nn.Module):
    """Any module."""

    def forward(self, query, key):
        return diagonal(query, key)


class OnlyCall:
    """A class with a __call__ and nothing else."""

    def __call__(self, query, key):
        return diagonal(query, key)


def diagonal(query, key):
    """A function of two views."""
    images, size = len(query.feature_map), query.grid[0] * query.grid[1]
    return torch.eye(size, dtype=torch.bool).expand(images, -1, -1)


@pytest.fixture
def view():
    return ViewFeatures(torch.randn(2, 3, 2, 2))


@pytest.mark.parametrize(
    'foreign', [OnlyForward, OnlyModule, OnlyCall, diagonal], ids=lambda f: f.__name__
)
class TestForeignMatchers:
    """Matchers that are registered outside the package."""

    def test_registered_and_built(self, foreign, view):
        MATCHERS.register_module(module=foreign)
        matcher = MATCHERS.build({'type': foreign.__name__})
        assert matcher(view, view).equal(diagonal(view, view))

    def test_in_a_union(self, foreign, view):
        MATCHERS.register_module(module=foreign)
        union = UnionMatcher(
            [{'type': foreign.__name__}, {'type': 'SortMatcher'}], nearest_neighbor=True
        )
        mask = union(view, view)
        assert (mask | diagonal(view, view)).equal(mask)

    def test_instance(self, foreign, view):
        matcher = foreign if foreign is diagonal else foreign()
        built = build_matcher(matcher)
        assert isinstance(built, Matcher)
        assert built(view, view).equal(diagonal(view, view))


def test_arguments_reach_a_foreign_matcher(view):
    MATCHERS.register_module(module=OnlyForward)
    matcher = MATCHERS.build({'type': 'OnlyForward', 'offset': 1})
    assert matcher(view, view).equal(diagonal(view, view).roll(1, dims=2))


def test_the_fixture_unregisters():
    assert not {'OnlyForward', 'OnlyModule', 'OnlyCall', 'diagonal'} & set(
        MATCHERS.module_dict
    )


def test_the_base_class_is_abstract(view):
    with pytest.raises(NotImplementedError):
        Matcher()(view, view)
    assert Matcher().attended(view) is None
