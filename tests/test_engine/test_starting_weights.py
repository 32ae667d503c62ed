"""Starting weights: their source, the printed report, and runs that read none."""

import hashlib

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope

from setsim_mm.engine.starting_weights import describe, starting_weights
from setsim_mm.utils import UserError
from setsim_mm.utils.foreign_weights import FoundBackbone

from ..foreign_checkpoints import distinct, moco

RESNET = dict(type='ResNet', depth=18, stem_channels=4, base_channels=4)


@pytest.fixture
def cfg(tmp_path):
    return Config(
        dict(
            default_scope='mmselfsup',
            launcher='none',
            model=dict(backbone=RESNET),
            work_dir=str(tmp_path / 'work_dir'),
            resume=False,
            load_from=None,
        )
    )


@pytest.fixture
def state():
    with DefaultScope.overwrite_default_scope('setsim_mm'):
        return distinct(MODELS.build(RESNET).state_dict())


@pytest.fixture
def file(state, tmp_path):
    torch.save(moco(state), tmp_path / 'moco.pth.tar')
    return tmp_path / 'moco.pth.tar'


def test_summary_of_used_and_unused_weights(cfg, state, file, capsys):
    start = starting_weights(cfg, file)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert f'{len(state)} tensors' in lines[0] and 'encoder_q.* as in MoCo' in lines[0]
    assert f'encoder_k ({len(state) + 4}), encoder_q.fc (4), queue (1)' in lines[1]
    assert start.record == dict(
        file=str(file),
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        names='encoder_q.* as in MoCo',
        tensors=len(state),
    )


def test_a_long_list_is_shortened_and_escaped():
    parts = {f'part{i}': i for i in range(1, 20)} | {'\x1b[2J': 99}
    lines = describe('a.pth', FoundBackbone({}, 'bare names', parts)).splitlines()

    assert '\x1b' not in lines[1]
    assert 'part19 (19)' in lines[1] and 'part1 (1)' not in lines[1]
    assert lines[1].endswith('and 12 more.')
    assert 'nothing' in describe('a.pth', FoundBackbone({}, 'bare names', {}))


def test_only_the_first_process_prints(cfg, file, capsys, monkeypatch):
    monkeypatch.setenv('RANK', '1')
    cfg.launcher = 'pytorch'

    assert starting_weights(cfg, file) is not None
    assert capsys.readouterr().out == ''


def test_without_a_file_nothing_is_done(cfg, capsys):
    assert starting_weights(cfg, None) is None
    assert capsys.readouterr().out == ''


def test_a_resumed_run_reads_no_other_weights(cfg, capsys):
    cfg.resume, cfg.load_from = True, 'work_dir/epoch_3.pth'

    assert starting_weights(cfg, 'gone.pth') is None
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_run_without_a_checkpoint_to_resume_reads_them(cfg, file):
    cfg.resume = True  # of the config; the runner would find no checkpoint

    assert starting_weights(cfg, file) is not None


def test_two_sources_raise_an_error(cfg, file):
    cfg.load_from = 'other.pth'

    with pytest.raises(UserError, match=r"load_from='other\.pth'"):
        starting_weights(cfg, file)


def test_another_backbone_raises_an_error(cfg, file):
    cfg.model.backbone = dict(RESNET, depth=34)

    with pytest.raises(UserError, match=r'ResNet-18.*ResNet-34'):
        starting_weights(cfg, file)
