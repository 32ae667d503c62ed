"""Fine-tunings on own data: configs that build, commands, and their metrics."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from mmengine.config import Config
from mmengine.registry import DefaultScope

from setsim_mm.transfer.empty_data import build_dataset
from setsim_mm.utils import UserError, load_training_config
from studies.trials import Trial
from worth.annotations import find_annotations
from worth.finetuning_configs import (
    FinetuningOptions,
    default_config,
    load_config,
    measures_of,
    require_fits,
)
from worth.finetuning_data import LABELS, link_images
from worth.finetunings import add_finetunings, finetuning_trials
from worth.labelled_sets import LabelledSet, build_labelled_set
from worth.splits import Split

from .data import RANDOM, record, write_coco, write_image, write_label, write_voc

REPOSITORY = Path(__file__).resolve().parents[4]
SPLIT = Split(('0.png', '1.png'), ('2.png',))
SIZES = {50.0: 1, 100.0: 2}


def written(images: Path, labels: Path, folder: Path, **options) -> LabelledSet:
    annotations = find_annotations(images, labels, **options)
    found = build_labelled_set(annotations, folder / LABELS)
    link_images(found, folder)
    return found


class Streets(NamedTuple):
    """Label images for mmseg, and the fine-tunings on them."""

    folder: Path
    found: LabelledSet
    cfg: Config
    trials: dict[float, Trial]


@pytest.fixture(scope='module')
def streets(tmp_path_factory) -> Streets:
    folder = tmp_path_factory.mktemp('streets')
    source = folder / 'source'
    for n in range(3):
        write_image(source / 'images' / f'{n}.png', n)
        write_label(source / 'labels' / f'{n}.png', [0, 1, 2, 9] * 2)
    found = written(source / 'images', source / 'labels', folder, ignored=9)
    return Streets(folder, found, *trials_of(found, folder, iterations=20))


@pytest.fixture
def masks(tmp_path) -> LabelledSet:
    root = write_coco(tmp_path / 'source')
    return written(root / 'images', root / 'labels.json', tmp_path)


@pytest.fixture
def boxes(tmp_path) -> LabelledSet:
    root = write_voc(tmp_path / 'source', 3)
    return written(root / 'images', root / 'xml', tmp_path)


def trials_of(found: LabelledSet, folder: Path, **options):
    path = default_config(found, REPOSITORY)
    cfg = load_config(found, folder, FinetuningOptions(**options), path)
    return cfg, finetuning_trials(
        RANDOM, 'random', 3, cfg, found, SPLIT, SIZES, folder, REPOSITORY, 0
    )


def built(cfg, name: str):
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        return build_dataset(cfg[name].dataset.to_dict(), cfg.allow_paths_outside)


def test_label_images_for_mmseg(streets):
    _, _, cfg, trials = streets
    assert [measure.name for measure in measures_of(cfg)] == ['finetuned_miou']
    for share, names in ((50, ['0.png']), (100, ['0.png', '1.png'])):
        data = built(trials[share].config, 'train_dataloader')
        paths = [data.get_data_info(n)['img_path'] for n in range(len(data))]
        assert [Path(path).name for path in paths] == names
    held_out = built(trials[50].config, 'val_dataloader').get_data_info(0)
    assert Path(held_out['img_path']).is_file()
    assert Path(held_out['seg_map_path']).resolve().name == '2.png'
    assert cfg.model.decode_head.num_classes == 3
    assert cfg.model.decode_head.ignore_index == cfg.val_evaluator.ignore_index == 9
    assert cfg.train_cfg.max_iters == 20


@pytest.mark.parametrize('kind', ['masks', 'boxes'])
def test_objects_for_mmdet(kind, tmp_path, request):
    found = request.getfixturevalue(kind)
    cfg, trials = trials_of(found, tmp_path)
    assert [measure.name for measure in measures_of(cfg)] == [
        'finetuned_box_ap',
        *(['finetuned_mask_ap'] if kind == 'masks' else []),
    ]
    data = built(trials[100].config, 'train_dataloader')
    assert data.metainfo['classes'] == found.classes[1:]
    names = [Path(data.get_data_info(n)['img_path']).name for n in range(len(data))]
    assert names == ['0.png', '1.png']
    (thing,) = data.get_data_info(0)['instances']
    assert thing['bbox'] == [2, 1, 6, 4]
    assert data.metainfo['classes'][thing['bbox_label']] == 'cat'
    assert cfg.model.roi_head.bbox_head.num_classes == 2
    evaluator = trials[100].config.val_evaluator
    assert evaluator['ann_file'] == trials[100].config.val_dataloader.dataset.ann_file
    assert len(built(trials[50].config, 'val_dataloader')) == 1


def test_the_command_is_that_of_finetune(streets):
    trial = streets.trials[50]
    command = trial.command
    assert command[1] == str(REPOSITORY / 'tools' / 'benchmarks' / 'finetune.py')
    assert command[2] == str(trial.work_dir / 'random_50.py')
    assert command[3:5] == ['random', '--work-dir']
    assert '--resume' in command
    assert command[-2:] == ['--cfg-options', 'randomness.seed=3']
    assert (trial.checkpoint, trial.inputs) == ('random', dict(checkpoint='random'))


def test_metrics_come_to_those_of_the_probes(streets):
    _, _, cfg, trials = streets
    finished = trials[100]
    finished.work_dir.mkdir(parents=True)
    replace(finished.record, metrics=dict(mIoU=61.5)).write()
    probes = [record(RANDOM, 3, linear_miou_100=1.0), record(RANDOM, 4)]
    first, second = add_finetunings(probes, {('random', 3): trials}, measures_of(cfg))
    assert first.metrics == dict(linear_miou_100=1.0, finetuned_miou_100=61.5)
    assert second.metrics == {}


def test_a_config_for_other_labels(streets, boxes):
    with pytest.raises(UserError, match='mmdet, which does not train on label images'):
        load_config(
            streets.found,
            streets.folder,
            FinetuningOptions(),
            default_config(boxes, REPOSITORY),
        )


def test_class_folders_have_no_finetuning():
    with pytest.raises(UserError, match='class folders'):
        default_config(LabelledSet('class folders', ('a', 'b'), ()), REPOSITORY)


def test_a_backbone_that_does_not_fit(streets):
    cfg = streets.cfg
    configs = REPOSITORY / 'configs' / 'selfsup'
    require_fits(cfg, load_training_config(str(configs / 'setsim_r50_200e_folder.py')))
    other = load_training_config(str(configs / 'setsim_r18_10e_folder112.py'))
    with pytest.raises(UserError, match='--fine-tune-merge'):
        require_fits(cfg, other)
