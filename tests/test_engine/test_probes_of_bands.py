"""Probes during a training on images with four bands."""

from pathlib import Path

import numpy as np
import pytest
from mmengine.runner import Runner

from setsim_mm.datasets import ChannelsError
from setsim_mm.evaluation import (
    evaluate_in_context,
    evaluate_knn,
    evaluate_overclustering,
    find_class_folders,
    load_pretrained,
)
from setsim_mm.evaluation.in_context_memory import InContextOptions
from setsim_mm.evaluation.overclustering import OverclusteringOptions
from setsim_mm.utils import UserError
from tests.bands import (
    band_images,
    bands_config,
    labelled_bands,
    write_band_folders,
    write_band_labels,
    write_bands,
)

from .training_runs import logged, make_config

KNN = dict(image_size=32, k=3, batch_size=4, num_workers=0)
RETRIEVAL = dict(k=3)
CLUSTERS = dict(num_clusters=2, num_seeds=1)


def bands_run(folder: Path, *hooks: dict):
    """Return a config of one epoch on six images."""
    (folder / 'images').mkdir()
    for number in range(6):
        image = labelled_bands(number, np.indices((50, 60))[1] > 30)
        write_bands(folder / 'images' / f'{number}.tif', image)
    cfg = make_config(folder / 'images', *hooks, epochs=1)
    bands = bands_config()
    cfg.train_dataloader.dataset.pipeline[0] = bands.train_dataloader.dataset.pipeline[
        0
    ]
    cfg.model.data_preprocessor = bands.model.data_preprocessor
    cfg.model.backbone.in_channels = 4
    return cfg


def test_probes_log_what_the_checkpoint_gives(tmp_path):
    classes = write_band_folders(tmp_path / 'classes')
    labels = write_band_labels(tmp_path / 'labels')
    train, val = (
        [str(labels / kind / part) for kind in ('images', 'labels')]
        for part in ('train', 'val')
    )
    dense = dict(num_classes=2, size=(64, 96), initial=False)
    cfg = bands_run(
        tmp_path,
        dict(type='KNNHook', data_root=str(classes), initial=False, **KNN),
        dict(type='InContextHook', train=train, val=val, options=RETRIEVAL, **dense),
        dict(type='OverclusteringHook', val=val, options=CLUSTERS, **dense),
    )
    runner = Runner.from_cfg(cfg)
    runner.train()

    backbone, inputs = load_pretrained(cfg, Path(cfg.work_dir, 'epoch_1.pth'))
    images = band_images(labels, inputs.load)
    expected = dict(
        knn_accuracy=evaluate_knn(
            backbone, inputs, find_class_folders(classes, load=inputs.load), **KNN
        ).accuracy,
        in_context_miou=evaluate_in_context(
            backbone, inputs, *images, InContextOptions(**RETRIEVAL)
        ).miou,
        overclustering_miou=evaluate_overclustering(
            backbone, inputs, images[1], OverclusteringOptions(**CLUSTERS)
        ).miou,
    )
    assert expected['knn_accuracy'] == 100
    for name, value in expected.items():
        (record,) = logged(cfg.work_dir, name)
        assert record[name] == pytest.approx(value), name


@pytest.mark.parametrize(
    ('hook', 'kind', 'sentence'),
    [
        (dict(type='KNNHook', data_root='{}/classes'), ChannelsError, r'7\.npy'),
        (dict(type='CopyDetectionHook', data_root='{}'), UserError, '4 channels'),
    ],
)
def test_errors_before_the_first_step(tmp_path, hook, kind, sentence):
    classes = write_band_folders(tmp_path / 'classes')
    np.save(classes / 'train/dark/7.npy', np.zeros((40, 48, 3), np.uint16))
    hook = dict(hook, data_root=hook['data_root'].format(tmp_path), initial=False)
    runner = Runner.from_cfg(bands_run(tmp_path, hook))
    with pytest.raises(kind, match=sentence):
        runner.train()
    assert runner.iter == 0
