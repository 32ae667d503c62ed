"""Copy detection during training, by the hook and by mmengine's validation."""

import pytest
import torch

from setsim_mm.evaluation.copy_descriptors import describe_benchmark, describer_of
from setsim_mm.evaluation.copy_detection import score_copies
from setsim_mm.evaluation.copy_files import read_truth
from setsim_mm.evaluation.copy_predictions import predict_copies
from setsim_mm.evaluation.image_reading import image_inputs
from setsim_mm.utils import UserError
from tests.qk_runs import make_qk_run
from tests.test_datasets.images import noise_image

from .test_runner.runs import train
from .training_runs import logged


@pytest.fixture
def benchmark(tmp_path):
    """Five references and three queries, two of them copies."""
    root = tmp_path / 'benchmark'
    for name, first, number in (('references', 0, 5), ('queries', 3, 3)):
        (root / name).mkdir(parents=True)
        for seed in range(first, first + number):
            noise_image(seed, (60, 50)).save(root / name / f'{name[0]}{seed}.png')
    (root / 'truth.csv').write_text('query_id,reference_id\nq3,r3\nq4,r4\nq5,\n')
    return root


def make_run(benchmark, work_dir):
    """One epoch of a training on the references."""
    cfg = make_qk_run(benchmark / 'references', work_dir)
    cfg.train_cfg.max_epochs = 1
    options = dict(image_size=32, num_workers=0, interval=None, initial=False)
    hook = dict(type='CopyDetectionHook', data_root=str(benchmark), **options)
    cfg.custom_hooks = [*cfg.custom_hooks, hook]
    return cfg


def test_hook_and_validation_log_the_same(benchmark, tmp_path):
    cfg = make_run(benchmark, tmp_path / 'run')
    pipeline = [
        dict(type='LoadRGBImage'),
        dict(type='ResizeWholeImage', size=32),
        dict(type='PackSelfSupInputs', meta_keys=['image_id', 'role']),
    ]
    cfg.val_cfg = dict(type='ValLoop')
    cfg.val_dataloader = dict(
        batch_size=3,
        num_workers=0,
        sampler=dict(type='DefaultSampler', shuffle=False),
        collate_fn=dict(type='default_collate'),
        dataset=dict(type='CopyImages', data_root=str(benchmark), pipeline=pipeline),
    )
    truth = str(benchmark / 'truth.csv')
    cfg.val_evaluator = dict(type='CopyDetectionMetric', truth=truth)
    model = train(cfg).model.eval()

    groups = describe_benchmark(
        describer_of(model), image_inputs(cfg, model.data_preprocessor), benchmark,
        image_size=32, num_workers=0,
    )  # fmt: skip
    predictions = predict_copies(groups['query'], groups['reference'])
    expected = score_copies(predictions, read_truth(truth)[1]).scalars()
    assert 0 < expected['micro_ap'] <= 1
    for name, value in expected.items():
        for prefix in ('copy_', 'copies/'):
            (record,) = logged(tmp_path / 'run', prefix + name)
            assert record[prefix + name] == pytest.approx(value), prefix + name
    assert not torch.is_grad_enabled() or model.backbone.conv1.weight.requires_grad


def test_a_truth_with_other_images(benchmark, tmp_path):
    (benchmark / 'truth.csv').write_text('query_id,reference_id\nq3,r9\n')
    with pytest.raises(UserError, match=r"reference_id .*'r9'"):
        train(make_run(benchmark, tmp_path / 'run'))
