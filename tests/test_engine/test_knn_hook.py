"""k-NN accuracy in real training runs."""

from pathlib import Path

import pytest
from mmengine.runner import Runner

from setsim_mm.evaluation import evaluate_knn, find_class_folders, load_pretrained
from setsim_mm.utils import UserError

from .training_runs import MODELS, logged, make_config, train_in_two_processes

OPTIONS = dict(image_size=32, k=3, temperature=0.1, batch_size=4, num_workers=0)


def hook(folder: Path, **more) -> dict:
    return dict(type='KNNHook', data_root=str(folder), **OPTIONS, **more)


def accuracy_of(cfg, checkpoint: Path, folder: Path) -> float:
    """Return the same measurement of a checkpoint."""
    return evaluate_knn(
        *load_pretrained(cfg, checkpoint),
        find_class_folders(folder, val_share=0.4),
        **OPTIONS,
    ).accuracy


@pytest.mark.parametrize('algorithm', MODELS)
def test_log_equals_the_value_of_the_checkpoint(
    folder, class_folders, algorithm
) -> None:
    probe = hook(class_folders, val_share=0.4)
    cfg = make_config(folder, probe, algorithm=algorithm, epochs=2)
    runner = Runner.from_cfg(cfg)
    runner.train()
    records = logged(runner.work_dir, 'knn_accuracy')
    assert [record['epoch'] for record in records] == [0, 1, 2]
    for record in records[1:]:
        checkpoint = Path(cfg.work_dir, f'epoch_{record["epoch"]}.pth')
        expected = accuracy_of(cfg, checkpoint, class_folders)
        assert record['knn_accuracy'] == pytest.approx(expected)
    history = runner.message_hub.get_scalar('knn_accuracy').data[0]
    assert history.tolist() == [record['knn_accuracy'] for record in records]
    log = Path(runner.log_dir, f'{runner.timestamp}.log').read_text()
    assert '% of 6 images, by 9 labelled ones' in log


def test_two_processes_measure_the_checkpoint(folder, class_folders, tmp_path) -> None:
    # Each keeps BatchNorm statistics of its own; the checkpoint has the first one's.
    cfg = make_config(folder, hook(class_folders, val_share=0.4), epochs=1)
    # Momentum 1: the statistics of the last batch, as different as they can be.
    cfg.model.backbone = dict(
        cfg.model.backbone, norm_cfg=dict(type='BN', momentum=1.0)
    )
    train_in_two_processes(cfg, tmp_path)
    (_, end) = logged(cfg.work_dir, 'knn_accuracy')
    expected = accuracy_of(cfg, Path(cfg.work_dir, 'epoch_1.pth'), class_folders)
    assert end['knn_accuracy'] == pytest.approx(expected)


def test_missing_images_raise_an_error_before_training(folder: Path) -> None:
    probe = hook(folder / 'nothing', interval=None, initial=False)
    runner = Runner.from_cfg(make_config(folder, probe))
    with pytest.raises(UserError, match='nothing/train'):
        runner.train()
    assert runner.iter == 0


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (dict(k=0), r'\bk\b.* 1\b'),
        (dict(batch_size=0), r'batch_size.* 1\b'),
        (dict(seed=-1), r'seed.* 0\b'),
    ],
)
def test_numbers_out_of_range_are_refused(arguments, sentence) -> None:
    from setsim_mm.engine.hooks import KNNHook

    with pytest.raises(ValueError, match=sentence):
        KNNHook('folder', **arguments)
