"""Configs that runs have dumped, and programs in their place."""

import pytest
from mmengine.config import Config

from setsim_mm.runs import read_config_text, settings_of
from tests.test_tools.training_helpers import REPO

CONFIGS = sorted((REPO / 'configs').rglob('*_r50_*.py'))


@pytest.mark.parametrize('path', CONFIGS[::6], ids=lambda path: path.stem)
def test_a_dumped_config_has_the_values_of_the_config(path):
    cfg = Config.fromfile(path)
    assert settings_of(read_config_text(cfg.pretty_text)) == settings_of(cfg)


def test_values_of_every_kind():
    text = """
a = dict(b=[1, -2.5, None], c={'d e': (True, 'x')}, f={1: 2})
b = c = 'text'
d = {1, 2}
"""
    assert read_config_text(text) == dict(
        a=dict(b=[1, -2.5, None], c={'d e': (True, 'x')}, f={1: 2}),
        b='text',
        c='text',
        d={1, 2},
    )


def test_nothing_is_executed(tmp_path):
    marker = tmp_path / 'marker'
    call = f'__import__("os").mkdir({str(marker)!r})'
    text = f"""
import os
os.mkdir({str(marker)!r})
a = {call}
b = dict(c=[{call}], **{call})
c = dict({call})
d = [{call} for _ in range(2)]
e = f'{{exit(1)}}'
f = (lambda: {call})()
def g(x={call}):
    pass
class H:
    {call}
i = {{ {call}: 1 }}
"""
    values = read_config_text(text)
    assert not marker.exists()
    assert set(values) == set('abcdefi')
    assert 'mkdir' in values['a'] and 'mkdir' in values['b']['c'][0]


HOSTILE = {
    'no Python': 'a b',
    'brackets': 'a=' + '(' * 10**5,
    'attributes': 'a=a' + '.a' * 10**5,
    'operators': 'a=1' + '+1' * 10**5,
    'signs': 'a=' + '-' * 10**5 + '1',
    'zero byte': 'a=1\0',
    'surrogate': 'a="\udc80"',
    'digits': 'a=' + '9' * 10**5,
}


@pytest.mark.parametrize('text', HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_config_is_a_value_error(text):
    with pytest.raises(ValueError):
        read_config_text(text)


@pytest.mark.parametrize('value', ['"a" * 10**12', '10 ** 10 ** 10', '{[]}', '1 .real'])
def test_nothing_is_computed(value):
    assert isinstance(read_config_text(f'a = {value}')['a'], str)
