"""The record of a fine-tuning, and the folder that it may use."""

from pathlib import Path

import pytest
from mmengine.config import Config

from setsim_mm.runs.run_record import RECORD, RunRecord, read_record, write_record
from setsim_mm.transfer.finetuning_record import (
    checkpoint_digest,
    checkpoint_name,
    finetuning_record,
    require_name,
)
from setsim_mm.utils import UserError

CONFIG = dict(lr=0.02, randomness=dict(seed=0))


@pytest.fixture
def checkpoint(tmp_path) -> Path:
    path = tmp_path / 'moco.pth.tar'
    path.write_bytes(b'weights')
    return path


@pytest.fixture
def work_dir(tmp_path) -> Path:
    path = tmp_path / 'work'
    path.mkdir()
    return path


@pytest.fixture
def record(checkpoint, work_dir):
    def make(*, weights: object = checkpoint, processes=1, amp=False, **changes):
        cfg = Config(CONFIG | dict(work_dir=str(work_dir)) | changes)
        return finetuning_record(cfg, weights, None, processes, amp=amp)

    return make


def test_record_names_the_checkpoint_by_its_content(record, checkpoint, tmp_path):
    first = record()
    assert (first.seed, first.checkpoint) == (0, 'moco')
    digest = first.inputs['checkpoint']
    moved = checkpoint.rename(tmp_path / 'moved.pth')
    assert checkpoint_digest(moved) == digest and len(digest) == 16
    moved.write_bytes(b'others')
    assert checkpoint_digest(moved) != digest
    assert checkpoint_digest('random') == checkpoint_name('random') == 'random'


def add_checkpoint(folder: Path) -> None:
    (folder / 'iter_2.pth').touch()


def test_run_is_resumed_in_its_folder(record, work_dir):
    write_record(record(), resume=True)
    add_checkpoint(work_dir)
    before = read_record(work_dir)
    write_record(record(resume=True), resume=True)
    assert read_record(work_dir) == before
    with pytest.raises(UserError) as error:
        write_record(record(), resume=False)
    assert '--resume' in str(error.value)


def test_result_is_kept_when_a_finished_run_is_resumed(record, work_dir):
    finished = RunRecord(**vars(record()) | dict(metrics=dict(mIoU=60.0)))
    finished.write()
    write_record(record(), resume=True)
    assert read_record(work_dir) == finished


@pytest.mark.parametrize('resume', [False, True])
@pytest.mark.parametrize(
    'change',
    [
        dict(lr=0.01),
        dict(randomness=dict(seed=1)),
        dict(weights='random'),
        dict(processes=2),
        dict(amp=True),
    ],
    ids=lambda change: next(iter(change)),
)
def test_folder_of_another_run_is_refused_unless_restarted(
    change, resume, record, work_dir
):
    write_record(record(), resume=False)
    add_checkpoint(work_dir)
    before = (work_dir / RECORD).read_text()
    with pytest.raises(UserError) as error:
        write_record(record(**change), resume)
    assert str(work_dir) in str(error.value)
    assert (work_dir / RECORD).read_text() == before
    write_record(record(**change), resume=False, restart=True)
    assert read_record(work_dir) == record(**change)


def test_finetuning_of_an_earlier_version_is_refused_unless_restarted(record, work_dir):
    (work_dir / 'finetuning.json').write_text('{"weights": null}')
    add_checkpoint(work_dir)
    with pytest.raises(UserError) as error:
        write_record(record(), resume=True)
    assert str(work_dir) in str(error.value)
    write_record(record(), resume=False, restart=True)
    assert read_record(work_dir) == record()


def test_attempt_without_a_checkpoint_is_replaced(record, work_dir):
    write_record(record(lr=0.01), resume=False)
    write_record(record(), resume=False)
    assert read_record(work_dir) == record()


def test_checkpoint_is_named_by_its_run(tmp_path, monkeypatch):
    assert checkpoint_name(Path('runs/simsiam/iter_400.pth')) == 'simsiam_iter_400'
    assert checkpoint_name(Path('runs/backbone.pth')) == 'backbone'
    (tmp_path / 'my run').mkdir()
    monkeypatch.chdir(tmp_path / 'my run')
    assert checkpoint_name(Path('epoch_1.pth')) == 'my run_epoch_1'


@pytest.mark.parametrize('name', ['', '.', '..', 'a/b', '/a'])
def test_name_that_no_folder_can_have_is_refused(name):
    with pytest.raises(UserError):
        require_name(name)
