"""Importing the package is all it takes, and it is silent."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from setsim_mm.hosts.choice import host_name

from .hostile_files import Call

REPOSITORY = Path(__file__).resolve().parents[1]

ONEDL = 'Could not import OneDL'
# Says what is registered, and what mmengine does with a file that would run code.
PROGRAM = """
import importlib, os, sys
from pickle import UnpicklingError

order, host, hostile = sys.argv[1:]
if order == 'setsim_mm last':
    from mmengine import fileio
    registry = importlib.import_module(f'{host}.registry')
    for name in ('DATASETS', 'HOOKS', 'MODELS', 'OPTIM_WRAPPERS', 'TRANSFORMS'):
        # They import their modules now.
        assert getattr(registry, name).get('SetSim') is None
import setsim_mm
from setsim_mm import host as host_module
assert host_module.__name__ == 'setsim_mm.host'
from mmengine import fileio
from mmengine.registry import HOOKS, RUNNERS, DefaultScope
from mmengine.runner import CheckpointLoader
from setsim_mm.host import MODELS
registry = importlib.import_module(f'{host}.registry')

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

model = build()
try:
    CheckpointLoader.load_checkpoint(hostile, 'cpu', logger='silent')
except UnpicklingError:
    print('refused')
assert registry.DATASETS.get('UnlabeledImages')
assert registry.HOOKS.get('KNNHook')
assert registry.MODELS.get('BatchNormNeck')
assert registry.OPTIM_WRAPPERS.get('CPUAmpOptimWrapper')
assert registry.RUNNERS.get('DurableRunner')
assert registry.TRANSFORMS.get('RandomResizedCropWithBox')
for scope in ('setsim_mm', 'mmselfsup', host):
    assert HOOKS.get(f'{scope}.KNNHook') and RUNNERS.get(f'{scope}.DurableRunner')
for uri in ('lmdb://folder#a', 'tar://folder/0.tar?0+1#a'):
    assert type(fileio.get_file_backend(uri)).__module__.startswith('setsim_mm.')
for scope in ('setsim_mm', 'mmselfsup'):
    DefaultScope.get_instance(scope, scope_name=scope)
    assert type(build()) is type(model)
for name in ('Random', 'Sort', 'Hungarian', 'Set2Set', 'Set2SetNN'):
    setsim_mm.MATCHERS.build(dict(type=f'{name}Matcher'))
print(type(model).__module__, *sorted(setsim_mm.MATCHERS.module_dict))
"""


def in_fresh_process(order: str, folder: Path) -> subprocess.CompletedProcess:
    """Import, build without and with the default scope, and name the matchers."""
    torch.save(Call(os.mkdir, str(folder / 'marker')), folder / 'hostile.pth')
    environment = {k: v for k, v in os.environ.items() if k != 'PYTHONWARNINGS'}
    environment['TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'] = '1'
    paths = [str(REPOSITORY), environment.get('PYTHONPATH', '')]
    environment['PYTHONPATH'] = os.pathsep.join(filter(None, paths))
    return subprocess.run(
        [
            sys.executable,
            '-c',
            PROGRAM,
            order,
            host_name(),
            str(folder / 'hostile.pth'),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize('order', ['setsim_mm first', 'setsim_mm last'])
def test_import_registers_everything(order, tmp_path):
    done = in_fresh_process(order, tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / 'marker').exists()
    *others, refused, registered = done.stdout.splitlines()
    # OneDL's packages print a line if they are imported before this one.
    assert set(others) <= ({ONEDL} if order == 'setsim_mm last' else set())
    assert refused == 'refused'
    assert registered.split() == [
        'setsim_mm.models.algorithms.setsim',
        'GeometricMatcher',
        'HungarianMatcher',
        'RandomMatcher',
        'Set2SetMatcher',
        'Set2SetNNMatcher',
        'SortMatcher',
        'UnionMatcher',
    ]
    if order == 'setsim_mm first':
        assert done.stderr == ''
