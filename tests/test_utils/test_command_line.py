from argparse import ArgumentParser

from setsim_mm.utils import ConfigOptions


def parse(*values):
    parser = ArgumentParser()
    parser.add_argument('--options', nargs='+', action=ConfigOptions)
    return parser.parse_args(['--options', *values]).options


def test_spaces_in_values_are_kept():
    assert parse('a.b=/my photographs/', 'c=1', 'd=[1, x]', 'e=(1,2)', 'f=x,y') == {
        'a.b': '/my photographs/',
        'c': 1,
        'd': [1, 'x'],
        'e': (1, 2),
        'f': ['x', 'y'],
    }
