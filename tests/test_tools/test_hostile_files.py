"""No command executes anything in a hostile file (see hostile_cases.py)."""

import json
import pickle
import re
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from setsim_mm.transfer.finetuning import load_finetuning_config
from setsim_mm.transfer.finetuning_record import finetuning_record
from setsim_mm.utils import load_training_config

from ..forked_python import forked_python
from ..hostile_files import calls
from ..labelled_images import write_camvid, write_class_folders
from ..named_instances import forgotten_afterwards
from ..test_transfer.tiny_configs import TINY_FCN
from ..test_transfer.tiny_voc import write_tiny_voc
from .hostile_cases import (
    ALL_CASES,
    COMMANDS,
    COMMANDS_ON_FOLDERS,
    FILES,
    FOLDERS,
    is_quick,
)
from .training_helpers import REPO, environment, write_tiny_config

SMALL_SETSIM = """
model['backbone'].update(stem_channels=4, base_channels=4)
model['neck'].update(in_channels=32, hid_channels=8, out_channels=8)
model['feat_dim'] = 8
train_cfg['max_epochs'] = 1
"""
SMALL_FCN = f"""{TINY_FCN}
model.update(
    backbone=dict(depth=18, stem_channels=4, base_channels=4),
    decode_head=dict(in_channels=32, channels=4),
    auxiliary_head=dict(in_channels=16, channels=4),
)
train_cfg['max_iters'] = 1
"""

TABLE = [
    pytest.param(case, marks=() if is_quick(case) else pytest.mark.slow)
    for case in ALL_CASES
]


class Prepared(NamedTuple):
    """Other inputs of the commands.

    ``words`` has the paths for words in the commands; ``setsim`` and ``fcn`` are the
    checkpoints of two small trainings.
    """

    words: dict[str, Path]
    setsim: dict[str, Any]
    fcn: dict[str, Any]

    def arguments(self, command: str, file: Path) -> list[str]:
        words = dict(self.words, FILE=file, RUN=file.parent)
        pattern = r'\b(' + '|'.join(words) + r')\b'
        return [
            re.sub(pattern, lambda found: str(words[found[1]]), part)
            for part in command.split()
        ]


def checkpoint_before_training(cfg: Config, folder: Path) -> dict[str, Any]:
    """Return the checkpoint of a training before its first step."""
    cfg = cfg.copy()
    cfg.work_dir = str(folder)
    with forgotten_afterwards():
        runner = Runner.from_cfg(cfg)
        runner.train_loop._epoch = runner.train_loop._max_epochs
        runner.train_loop._iter = runner.train_loop._max_iters
        runner.train()
        runner.save_checkpoint(str(folder), 'last.pth', by_epoch=False)
    return torch.load(folder / 'last.pth', weights_only=True)


@pytest.fixture(scope='module')
def prepared(tmp_path_factory) -> Prepared:
    folder = tmp_path_factory.mktemp('prepared')
    (folder / 'fcn.py').write_text(SMALL_FCN)
    words = dict(
        SETSIM=write_tiny_config(folder, SMALL_SETSIM),
        DEEPER=folder / 'deeper.py',
        IMAGES=folder / 'images',
        FCN=folder / 'fcn.py',
        CLASSES=write_class_folders(folder / 'classes'),
        CAMVID=write_camvid(folder / 'camvid'),
        VOC=write_tiny_voc(folder / 'data'),
    )
    words['DEEPER'].write_text(
        "_base_ = 'tiny.py'\nmodel = dict(backbone=dict(depth=34))\n"
    )
    setsim = load_training_config(str(words['SETSIM']))
    fcn = load_finetuning_config(str(words['FCN']), data_root=words['VOC'])
    fcn.model.backbone.init_cfg = None
    return Prepared(
        words,
        checkpoint_before_training(setsim, folder / 'setsim'),
        checkpoint_before_training(fcn, folder / 'fcn'),
    )


def write_finetuning_record(prepared: Prepared, work_dir: Path) -> None:
    """Write the record of the fine-tuning, which resumes only its own folder."""
    cfg = load_finetuning_config(
        str(prepared.words['FCN']), data_root=prepared.words['VOC']
    )
    cfg.launcher, cfg.work_dir = 'none', str(work_dir)
    finetuning_record(cfg, 'random').write()


@pytest.fixture(scope='module')
def result_of(
    prepared, tmp_path_factory
) -> Callable[[tuple[str, str]], dict[str, Any]]:
    """Return a function that runs all quick cases, or all others, at the first one."""

    @cache
    def results(quick: bool) -> dict[tuple[str, str], dict[str, Any]]:
        cases = [case for case in ALL_CASES if is_quick(case) == quick]
        return run_cases(cases, prepared, tmp_path_factory)

    return lambda case: results(is_quick(case))[case]


def run_cases(
    table: list[tuple[str, str]],
    prepared: Prepared,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[tuple[str, str], dict[str, Any]]:
    """Run cases in one process, each with its own marker."""
    cases = []
    for number, (command, kind) in enumerate(table):
        folder = tmp_path_factory.mktemp(f'case_{number}')
        if command in COMMANDS:
            file = folder / 'run' / 'epoch_1.pth'
            file.parent.mkdir()
            if command == 'finetune --resume':
                write_finetuning_record(prepared, file.parent)
            trained = prepared.fcn if 'random' in COMMANDS[command] else prepared.setsim
            FILES[kind](folder / 'marker', file, trained)
            (file.parent / 'last_checkpoint').write_text(str(file))
            line = COMMANDS[command]
        else:
            file = folder / 'run'
            FOLDERS[kind](folder / 'marker', file)
            line = COMMANDS_ON_FOLDERS[command]
        script, *arguments = prepared.arguments(line, file)
        cases.append(dict(script=script, arguments=arguments, folder=str(folder)))
    file = tmp_path_factory.mktemp('table') / 'cases.json'
    file.write_text(json.dumps(cases))
    done = subprocess.run(
        [forked_python(), '-m', 'tests.test_tools.many_tools', str(file)],
        cwd=REPO,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line[:1] == '{']
    assert len(found) == len(table), done.stdout[-2000:]  # no case ended the process
    for case, result in zip(cases, found, strict=True):
        result['executed'] = Path(case['folder'], 'marker').exists()
    return dict(zip(table, found, strict=True))


@pytest.mark.parametrize('case', TABLE, ids=list(map(': '.join, ALL_CASES)))
def test_nothing_is_executed(case, result_of):
    assert not result_of(case)['executed']


@pytest.mark.parametrize('case', TABLE, ids=list(map(': '.join, ALL_CASES)))
def test_a_command_ends_with_a_result_or_an_error(case, result_of):
    result = result_of(case)
    assert result['status'] in (0, 1), result['errors']
    if result['status'] == 1:
        assert result['errors'].splitlines()[-1].startswith('Error: ')


@pytest.mark.parametrize('name', [name for name, _ in calls(Path())])
def test_the_calls_are_dangerous(name, tmp_path):
    """Without protection, each of them makes its marker."""
    call = dict(calls(tmp_path / 'marker'))[name]
    pickle.loads(pickle.dumps(call))
    assert (tmp_path / 'marker').exists()
