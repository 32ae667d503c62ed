"""Descriptors of a benchmark, by each kind of model, and their picture."""

import pandas as pd
import pytest
import torch
from mmengine.config import Config
from torch.nn import functional as F

from setsim_mm.datasets.copy_images import CopyImages
from setsim_mm.evaluation.copy_descriptors import describe_benchmark, load_describer
from setsim_mm.host import MODELS, SelfSupDataSample
from setsim_mm.utils import UserError
from setsim_mm.visualization.copies import RIGHT, WRONG, draw_copies
from tests.test_datasets.images import noise_image
from tests.test_engine.training_runs import CONTRASTIVE, NECK, RESNET

PARTS = dict(backbone=RESNET, neck=dict(type='MoCoV2Neck', with_avg_pool=True, **NECK))
QK = dict(
    type='QKIteration', feat_dim=8, head=dict(type='BankContrastiveHead'), **PARTS
)
SIMCLR = dict(type='SimCLR', head=CONTRASTIVE, **PARTS)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    """Two queries and three references; q1 and r2 are the same image."""
    root = tmp_path_factory.mktemp('benchmark')
    for name, seed in dict(q0=0, q1=3, r0=1, r1=2, r2=3).items():
        folder = root / ('queries' if name[0] == 'q' else 'references')
        folder.mkdir(exist_ok=True)
        noise_image(seed, (64, 48)).save(folder / f'{name}.png')
    return root


def saved(model, folder):
    """Save a model with random weights."""
    cfg = Config(dict(model=model))
    built = MODELS.build(cfg.model)
    torch.save(dict(state_dict=built.state_dict()), folder / 'epoch_1.pth')
    return cfg, built.eval(), folder / 'epoch_1.pth'


def described(describe, root):
    return describe_benchmark(describe, torch.Tensor.float, root, 32, 2, 0)


def test_each_side_describes_its_images(root, tmp_path):
    cfg, model, checkpoint = saved(QK, tmp_path)
    model.key_model['neck'].mlp[2].weight.data.neg_()  # the sides differ
    torch.save(dict(state_dict=model.state_dict()), checkpoint)
    groups = described(load_describer(cfg, checkpoint), root)
    assert groups['query'].ids == ['q0', 'q1']
    assert groups['reference'].ids == ['r0', 'r1', 'r2']
    same = groups['query'].features[1], groups['reference'].features[2]
    assert not torch.allclose(*same)
    torch.testing.assert_close(same[0].norm(), torch.tensor(1.0))
    # The query side for a reference gives the query's descriptor.
    one_side = described(
        lambda images, side: load_describer(cfg, checkpoint)(images, 'query'), root
    )
    torch.testing.assert_close(same[0], one_side['reference'].features[2])


def test_predictions_of_samples_have_the_same_descriptors(root, tmp_path):
    _, model, _ = saved(QK, tmp_path)
    model.key_model['neck'].mlp[2].weight.data.neg_()
    images, samples = torch.randn(3, 3, 32, 32), []
    for role in ('reference', 'query', 'training'):
        samples.append(SelfSupDataSample())
        samples[-1].set_metainfo(dict(role=role))
    with torch.no_grad():
        model.predict([images], samples)
        for number, side in enumerate(('key', 'query', 'key')):
            expected = model.describe(images[number][None], side)[0]
            torch.testing.assert_close(samples[number].descriptor, expected)


def test_one_model_for_all_images(root, tmp_path):
    cfg, model, checkpoint = saved(SIMCLR, tmp_path)
    groups = described(load_describer(cfg, checkpoint), root)
    assert groups['query'].features.shape == (2, 8)
    torch.testing.assert_close(
        groups['query'].features[1], groups['reference'].features[2]
    )
    pooled = described(load_describer(cfg, checkpoint, pooled=True), root)
    assert pooled['query'].features.shape == (2, 32)
    images = torch.rand(2, 3, 32, 32) * 255
    with torch.no_grad():
        expected = F.normalize(model.backbone(images)[-1].mean(dim=(2, 3)))
        found = load_describer(cfg, checkpoint, pooled=True)(images, 'query')
    torch.testing.assert_close(found, expected)


def test_a_checkpoint_of_another_model(tmp_path):
    _, _, checkpoint = saved(SIMCLR, tmp_path)
    with pytest.raises(UserError, match='does not fit'):
        load_describer(Config(dict(model=QK)), checkpoint)


def test_the_picture_marks_right_and_wrong(root):
    predictions = pd.DataFrame(
        [['q1', 'r2', -0.1], ['q0', 'r0', -0.5], ['q1', 'r0', -0.6]],
        columns=['query_id', 'reference_id', 'score'],
    )
    truth = pd.DataFrame([['q1', 'r2']], columns=['query_id', 'reference_id'])
    figure = draw_copies(CopyImages(str(root)), predictions, truth, references=2)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ['query', '-0.100', '-0.600', 'distractor', '-0.500']
    frames = [axes.spines['top'].get_edgecolor() for axes in figure.axes]
    colors = [matplotlib_rgba(color) for color in (RIGHT, WRONG)]
    assert [frames[1], frames[2], frames[4]] == [colors[0], colors[1], colors[1]]


def matplotlib_rgba(color):
    from matplotlib.colors import to_rgba

    return to_rgba(color)
