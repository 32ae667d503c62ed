"""The registry of matchers."""

import pytest
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope, build_from_cfg

from setsim_mm.models.matchers import Set2SetMatcher
from setsim_mm.registry import MATCHERS

NAMES = [
    'GeometricMatcher',
    'HungarianMatcher',
    'RandomMatcher',
    'Set2SetMatcher',
    'Set2SetNNMatcher',
    'SortMatcher',
    'UnionMatcher',
]


def test_names():
    assert sorted(MATCHERS.module_dict) == NAMES


@pytest.mark.parametrize('name', [name for name in NAMES if 'Union' not in name])
def test_every_matcher_has_defaults(name):
    matcher = MATCHERS.build({'type': name})
    assert type(matcher).__name__ == name
    if name != 'GeometricMatcher':
        assert (matcher.threshold, matcher.power) == (0.7, 1)


def test_arguments_reach_the_matcher():
    matcher = MATCHERS.build(
        {'type': 'Set2SetMatcher', 'threshold': 0.3, 'power': 2, 'min_similarity': 0.2}
    )
    assert (matcher.threshold, matcher.power, matcher.min_similarity) == (0.3, 2, 0.2)
    assert MATCHERS.build({'type': 'GeometricMatcher', 'radius': 0.5}).radius == 0.5


@pytest.mark.parametrize('kind', [dict, ConfigDict])
@pytest.mark.parametrize(
    'name', ['Set2SetMatcher', 'mmselfsup.Set2SetMatcher', Set2SetMatcher]
)
def test_a_name_with_or_without_scope_or_the_class(kind, name):
    config = kind(type=name, threshold=0.1)
    assert isinstance(MATCHERS.build(config), Set2SetMatcher)
    assert config == {'type': name, 'threshold': 0.1}  # not used up


def test_under_mmselfsups_default_scope():
    DefaultScope.get_instance('test', scope_name='mmselfsup')
    assert isinstance(MATCHERS.build({'type': 'Set2SetMatcher'}), Set2SetMatcher)


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match=r"no matcher named 'Set2Set'") as error:
        MATCHERS.build({'type': 'Set2Set'})
    assert all(name in str(error.value) for name in NAMES)
    assert 'custom_imports' in str(error.value)


def test_the_list_has_matchers_from_outside():
    MATCHERS.register_module(name='Foreign', module=Set2SetMatcher)
    with pytest.raises(ValueError, match='choose one of Foreign, Geo'):
        MATCHERS.build({'type': 'Unknown'})


def test_wrong_arguments_keep_their_own_message():
    with pytest.raises(ValueError, match='threshold must lie between 0 and 1'):
        MATCHERS.build({'type': 'SortMatcher', 'threshold': 7})
    with pytest.raises(TypeError, match='radius'):
        MATCHERS.build({'type': 'SortMatcher', 'radius': 0.7})


@pytest.mark.parametrize('config', [{'threshold': 0.7}, {}])
def test_a_config_without_a_type(config):
    with pytest.raises(KeyError, match='type'):
        MATCHERS.build(config)


def test_a_name_instead_of_a_config():
    """As `--cfg-options model.matcher=SortMatcher` would give it."""
    with pytest.raises((TypeError, ValueError), match='SortMatcher'):
        MATCHERS.build('SortMatcher')


def test_mmengines_own_builder_works_too():
    matcher = build_from_cfg({'type': 'SortMatcher'}, MATCHERS)
    assert matcher.threshold == 0.7
