"""The benchmark, smaller, learns the key points of a few images by heart."""

from pathlib import Path

import pytest

from setsim_mm.runs.run_record import read_record
from setsim_mm.transfer.finetuning import finetune, load_finetuning_config
from setsim_mm.transfer.tiny import make_tiny
from tests.conftest import photographs

from .test_keypoint_rcnn import CONFIG, DEMO

ANNOTATIONS = 'annotations/person_keypoints_val2017.json'


def metrics_of(
    folder: Path, work_dir: Path, iterations: int, image_scale: float
) -> dict[str, float]:
    """Train and evaluate on the validation part of a folder in COCO's layout."""
    part = {
        'data_root': f'{folder}/',
        'ann_file': ANNOTATIONS,
        'data_prefix.img': 'val2017/',
    }
    options = {
        'task': None,  # there is no training part
        'work_dir': str(work_dir),
        'custom_hooks.0.num_batches': 1,
        'optim_wrapper.optimizer': dict(
            _delete_=True, type='AdamW', lr=0.003, weight_decay=1e-4
        ),
        'train_dataloader.batch_size': 4,
        'train_dataloader.dataset.pipeline.2.scales': [(1333, 800)],
        'train_dataloader.dataset.pipeline.3.prob': 0.0,
        'model.train_cfg.rpn.sampler.num': 64,
        'model.train_cfg.rcnn.sampler': dict(num=12, pos_fraction=0.5),
    }
    for name in ('train', 'val', 'test'):
        loader = f'{name}_dataloader'
        options[f'{loader}.num_workers'] = 0
        options[f'{loader}.persistent_workers'] = False
        options |= {f'{loader}.dataset.{key}': value for key, value in part.items()}
    for name in ('val', 'test'):
        options[f'{name}_evaluator.ann_file'] = str(folder / ANNOTATIONS)
    for proposals in ('train_cfg.rpn_proposal', 'test_cfg.rpn'):
        options[f'model.{proposals}.nms_pre'] = 100
        options[f'model.{proposals}.max_per_img'] = 32
    cfg = load_finetuning_config(CONFIG, options, merge=DEMO)
    make_tiny(cfg, iterations, image_scale)
    finetune(cfg, 'random')
    return read_record(work_dir).metrics


def test_toy_people_train_and_are_evaluated(toy_data, tmp_path):
    metrics = metrics_of(toy_data.root / 'coco', tmp_path, 2, 0.1)
    for kind in ('bbox', 'keypoints'):
        assert 0 <= metrics[f'coco/{kind}_mAP'] <= metrics[f'coco/{kind}_mAP_50'] <= 1


@pytest.mark.slow
def test_four_photographs_are_learned_by_heart(tmp_path):
    """12 people with key points, of whom one is 30x96 pixels; 18 % of the size."""
    folder = photographs('coco_keypoints')
    metrics = metrics_of(folder, tmp_path, 220, 0.18)
    assert metrics['coco/keypoints_mAP'] > 0.8
