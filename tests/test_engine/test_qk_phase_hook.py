"""The phases of QK Iteration: against a reference, resumed, and in two processes."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from setsim_mm.engine import bank_room
from setsim_mm.engine.runner import DurableRunner
from setsim_mm.utils import UserError
from tests.qk_runs import RecordHook, make_qk_run, reference_losses

from .test_runner.runs import KillHook, assert_same, state_of, train
from .test_runner.test_two_processes import in_two_processes


@pytest.fixture(scope='module')
def images(tmp_path_factory) -> Path:
    """Six images of noise."""
    folder = tmp_path_factory.mktemp('qk') / 'images'
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(6):
        pixels = rng.integers(256, size=(5, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((60, 50)).save(folder / f'{number}.png')
    return folder


@pytest.fixture(scope='module')
def whole(images, tmp_path_factory) -> tuple[RecordHook, DurableRunner]:
    """An uninterrupted run; images 1 and 4 are copies."""
    folder = tmp_path_factory.mktemp('whole')
    copies = images.parent / 'copies.txt'
    copies.write_text('1.png\t4.png\n')
    record = RecordHook()
    cfg = make_qk_run(images, folder, copies=str(copies))
    return record, train(cfg, record)


def test_equals_the_reference(whole):
    record, _ = whole
    # Untrained statistics of BatchNorm were replaced by those of two batches.
    norm = record.start.key_model['backbone'].bn1
    assert norm.num_batches_tracked == 2 and norm.running_mean.count_nonzero()
    assert norm.momentum == 0.1
    expected = reference_losses(record, {1: 4, 4: 1})
    assert len(expected) == 9
    np.testing.assert_allclose(record.losses, expected, rtol=2e-4)


def test_a_phase_has_one_bank_and_changes_one_side(whole):
    record, runner = whole
    assert runner.model.phase == 2 and runner.model.learning == 'query'
    for first in (0, 3, 6):
        for other in (1, 2):
            assert torch.equal(record.banks[first], record.banks[first + other])
    # The key model learned in the second phase only.
    assert not torch.equal(record.banks[0], record.banks[6])
    assert record.banks[0].dtype == torch.float16
    norms = record.banks[3].float().norm(dim=0)
    torch.testing.assert_close(norms, torch.ones(6), atol=1e-3, rtol=0)


def test_resumed_within_a_phase_equals_the_uninterrupted_run(whole, images, tmp_path):
    copies = str(images.parent / 'copies.txt')
    cfg = make_qk_run(images, tmp_path / 'run', copies=copies)
    train(cfg, KillHook(5))  # in the second phase, after the checkpoint of step 4
    with pytest.raises(UserError, match=r'phase 1 .* 4 steps.* in 3: .*length'):
        other = make_qk_run(images, tmp_path / 'run', length=1, by_epoch=False)
        train(other, resume=True)
    # Resumed with the bank mapped from a file.
    folder = tmp_path / 'bank'
    cfg = make_qk_run(images, tmp_path / 'run', copies=copies, folder=str(folder))
    record = RecordHook()
    resumed = train(cfg, record, resume=True)
    assert len(record.losses) == 5
    assert record.losses == whole[0].losses[4:]
    assert_same(state_of(resumed), state_of(whole[1]))
    (file,) = folder.iterdir()
    assert file.stat().st_size == 6 * 8 * 2


def train_rank(rank: int, images: Path, work_dir: Path, notes: Path) -> None:
    cfg = make_qk_run(images, work_dir)
    cfg.launcher = 'pytorch'
    cfg.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel', device_ids=None, find_unused_parameters=True
    )
    cfg.train_dataloader.batch_size = 1
    record = RecordHook()
    runner = DurableRunner.from_cfg(cfg)
    runner.register_hook(record)
    runner.train()
    seen = dict(banks=record.banks, images=[i for _, i in record.batches])
    torch.save(seen | runner.model.module.state_dict(), notes / f'{rank}.pth')


def test_two_processes_have_the_same_bank_and_weights(images, whole, tmp_path):
    in_two_processes(train_rank, tmp_path, images, tmp_path / 'run', tmp_path)
    first, second = (torch.load(tmp_path / f'{rank}.pth') for rank in range(2))
    assert first['images'] != second['images']
    assert_same(first['banks'], second['banks'])
    # The initial weights, hence the first keys, are those of one process.
    torch.testing.assert_close(first['banks'][0], whole[0].banks[0])
    assert not torch.equal(first['banks'][0], first['banks'][3])
    for name in ('backbone.conv1.weight', 'key_model.backbone.conv1.weight'):
        assert torch.equal(first[name], second[name])
        assert not torch.equal(first[name], whole[1].model.state_dict()[name])


def test_a_bank_that_does_not_fit(images, tmp_path, monkeypatch):
    monkeypatch.setattr(bank_room, 'free_bytes', lambda *_: 6 * 8 * 4 - 1)
    cfg = make_qk_run(images, tmp_path, dtype='float32')
    record = RecordHook()
    with pytest.raises(UserError, match=r'6 keys x 8 x 4 bytes = .*float16'):
        train(cfg, record)
    assert not record.losses
    monkeypatch.setenv('LOCAL_WORLD_SIZE', '2')
    with pytest.raises(UserError, match=r'2 bytes x 2 processes'):
        bank_room.require_room_for_bank(6, 9, 2, torch.device('cpu'))


def test_free_bytes(tmp_path):
    device = torch.device('cpu')
    assert bank_room.free_bytes(device) > 2**20
    assert bank_room.free_bytes(device, tmp_path / 'new' / 'folder') > 2**20


def test_weights_that_are_not_finite(images, tmp_path):
    class Break(RecordHook):
        def after_train_iter(self, runner, *args, **kwargs):
            if runner.iter == 2:  # the last step of the first phase
                runner.model.neck.mlp[2].weight.data.fill_(torch.nan)

    cfg = make_qk_run(images, tmp_path)
    cfg.default_hooks.checkpoint = None
    cfg.default_hooks.broken_numbers = None
    with pytest.raises(UserError, match=r'image \d .*not finite'):
        train(cfg, Break())


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(feat_dim=4), r'8 channels.*4.*feat_dim'),
        (dict(type='MoCo'), r'MoCo'),
    ],
)
def test_models_that_do_not_fit(images, tmp_path, change, message):
    cfg = make_qk_run(images, tmp_path)
    cfg.model.update(change)
    if 'type' in change:
        del cfg.model['feat_dim']
        cfg.model.head = dict(
            type='ContrastiveHead', loss=dict(type='mmcls.CrossEntropyLoss')
        )
    with pytest.raises(UserError, match=message):
        train(cfg)


@pytest.mark.parametrize(
    'option', [dict(length=0), dict(first='both'), dict(dtype='int8')]
)
def test_options_out_of_range(images, tmp_path, option):
    with pytest.raises(ValueError, match=next(iter(option))):
        train(make_qk_run(images, tmp_path, **option))


def test_one_unreadable_image_has_no_key(images, tmp_path, caplog):
    broken = tmp_path / 'images'
    broken.mkdir()
    for path in images.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    (broken / '2.png').write_bytes(b'no image')
    cfg = make_qk_run(broken, tmp_path / 'run')
    cfg.train_cfg.max_epochs = 1
    cfg.train_dataloader.dataset.max_unreadable_share = 0.2
    logging.disable(logging.WARNING)
    try:
        runner = train(cfg)
    finally:
        logging.disable(logging.NOTSET)
    bank = runner.model.bank
    assert bank.length == 5 and bank.rows.tolist() == [0, 1, -1, 2, 3, 4]
