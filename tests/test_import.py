"""Importing the package is all it takes, and it is silent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

PROGRAM = """
import setsim_mm
from mmengine.registry import DefaultScope
from mmselfsup.registry import MODELS

def build():
    return MODELS.build(dict(
        type='SetSim',
        backbone=dict(type='ResNet', depth=18, out_indices=[4]),
        neck=dict(type='SetSimNeck', in_channels=512, hid_channels=8, out_channels=4),
        head=dict(type='SetSimHead', loss=dict(type='SetContrastiveLoss')),
        matcher=dict(
            type='UnionMatcher',
            matchers=[dict(type='Set2SetMatcher'), dict(type='GeometricMatcher')],
        ),
        queue_len=8,
        feat_dim=4,
    ))

build()
DefaultScope.get_instance('run', scope_name='mmselfsup')
model = build()
for name in ('Random', 'Sort', 'Hungarian', 'Set2Set', 'Set2SetNN'):
    setsim_mm.MATCHERS.build(dict(type=f'{name}Matcher'))
print(type(model).__module__, *sorted(setsim_mm.MATCHERS.module_dict))
"""


@pytest.fixture(scope='module')
def fresh_process():
    """Import, build without and with the default scope, and name the matchers."""
    environment = {k: v for k, v in os.environ.items() if k != 'PYTHONWARNINGS'}
    paths = [str(REPOSITORY), environment.get('PYTHONPATH', '')]
    environment['PYTHONPATH'] = os.pathsep.join(filter(None, paths))
    return subprocess.run(
        [sys.executable, '-c', PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_import_registers_everything(fresh_process):
    assert fresh_process.returncode == 0, fresh_process.stderr
    assert fresh_process.stdout.split() == [
        'setsim_mm.models.algorithms.setsim',
        'GeometricMatcher',
        'HungarianMatcher',
        'RandomMatcher',
        'Set2SetMatcher',
        'Set2SetNNMatcher',
        'SortMatcher',
        'UnionMatcher',
    ]


def test_nothing_is_printed(fresh_process):
    assert fresh_process.stderr == ''
    assert len(fresh_process.stdout.splitlines()) == 1
