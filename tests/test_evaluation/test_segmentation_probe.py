"""The linear segmentation probe: only the convolution is trained."""

from importlib.util import find_spec
from pathlib import Path

import mmseg  # noqa: F401 - skipped without it
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from PIL import Image

from setsim_mm.evaluation import (
    load_backbone,
    mmseg_datasets,
    segmentation_probe_config,
)
from setsim_mm.utils import UserError, extract_backbone
from tests.bands import MEAN, STD, bands_config, write_band_labels
from tests.labelled_images import write_camvid

CONFIGS = Path(__file__).parents[2] / 'configs' / 'benchmarks' / 'mmsegmentation'
CAMVID = CONFIGS / 'linear_camvid.py'
OPTIONS = {
    'train_dataloader.batch_size': 2,
    'train_dataloader.num_workers': 0,
    'val_dataloader.num_workers': 0,
    'train_dataloader.dataset.pipeline.2.scale': (128, 96),
    'val_dataloader.dataset.pipeline.1.scale': (128, 96),
}
PRETRAINING = Config(
    dict(
        model=dict(
            backbone=dict(
                type='ResNet',
                depth=18,
                stem_channels=8,
                base_channels=8,
                strides=(1, 2, 2, 1),
                out_indices=[4],
                norm_cfg=dict(type='SyncBN'),
            ),
            data_preprocessor=dict(mean=(100, 110, 120), std=(50, 51, 52)),
        )
    )
)


@pytest.fixture
def camvid(tmp_path):
    return write_camvid(tmp_path / 'camvid')


@pytest.fixture
def checkpoint(tmp_path):
    """A pre-training checkpoint with BatchNorm statistics."""
    backbone = load_backbone(PRETRAINING.model.backbone)
    for name, value in backbone.state_dict().items():
        if name.endswith('running_mean'):
            value.uniform_(-0.1, 0.1)
    weights = {f'backbone.{k}': v for k, v in backbone.state_dict().items()}
    torch.save(dict(state_dict=weights), tmp_path / 'epoch_3.pth')
    return tmp_path / 'epoch_3.pth'


def build(cfg: Config):
    """The segmentor and its training data, as mmengine's Runner builds them."""
    from mmseg.registry import DATASETS, MODELS
    from mmseg.utils import register_all_modules

    register_all_modules(init_default_scope=False)
    with DefaultScope.overwrite_default_scope('mmseg'):
        model = MODELS.build(cfg.model)
        model.init_weights()
        return model, DATASETS.build(cfg.train_dataloader.dataset)


def batch_of(dataset, number: int) -> dict:
    samples = [dataset[i] for i in range(number)]
    return {key: [sample[key] for sample in samples] for key in samples[0]}


def test_only_the_convolution_is_trained(camvid, checkpoint):
    cfg = segmentation_probe_config(CAMVID, PRETRAINING, checkpoint, camvid, OPTIONS)
    model, dataset = build(cfg)
    expected = extract_backbone(checkpoint)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, weight_decay=0.1)
    before = model.decode_head.conv_seg.weight.clone()
    model.train()
    for _ in range(3):
        data = model.data_preprocessor(batch_of(dataset, 4), training=True)
        losses = model(**data, mode='loss')
        optimizer.zero_grad()
        losses['decode.loss_ce'].backward()
        optimizer.step()
    found = model.backbone.backbone.state_dict()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    trained = {name for name, p in model.named_parameters() if p.grad is not None}
    assert trained == {'decode_head.conv_seg.weight', 'decode_head.conv_seg.bias'}
    assert not torch.equal(before, model.decode_head.conv_seg.weight)
    assert before.shape == (11, 64, 1, 1)


def test_unlabelled_pixels_are_ignored(camvid):
    cfg = segmentation_probe_config(CAMVID, PRETRAINING, None, camvid, OPTIONS)
    model, dataset = build(cfg)
    logits = torch.randn(2, 11, 6, 8)
    samples = batch_of(dataset, 2)['data_samples']
    labels = torch.stack([sample.gt_sem_seg.data[0] for sample in samples])
    assert set(labels.unique().tolist()) == {0, 3, 11}
    loss = model.decode_head.loss_by_feat(logits, samples)['loss_ce']
    large = torch.nn.functional.interpolate(logits, labels.shape[1:], mode='bilinear')
    log_p = large.double().log_softmax(dim=1)
    labelled = labels < 11
    picked = log_p.gather(1, labels.clamp(max=10)[:, None])[:, 0]
    assert float(loss) == pytest.approx(-float(picked[labelled].mean()), rel=1e-5)
    assert cfg.val_evaluator.ignore_index == 11
    assert model.data_preprocessor.seg_pad_val == 11


def test_images_are_preprocessed_as_in_pre_training(camvid):
    cfg = segmentation_probe_config(CAMVID, PRETRAINING, None, camvid, OPTIONS)
    model, dataset = build(cfg)
    cfg.train_dataloader.dataset.pipeline[3].prob = 0.0  # no flip
    _, dataset = build(cfg)
    data = model.data_preprocessor(batch_of(dataset, 1), training=True)
    with Image.open(camvid / 'images' / 'train' / '0.jpg') as image:
        rgb = torch.from_numpy(np.array(image.convert('RGB'))).permute(2, 0, 1).float()
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in [(100, 110, 120), (50, 51, 52)])
    difference = (data['inputs'][0] - (rgb - mean) / std).abs()
    assert difference.mean() < 0.02  # two JPEG decoders


def test_four_bands_are_read_as_in_pre_training(tmp_path):
    root = write_band_labels(tmp_path)
    pretraining = bands_config(backbone=dict(PRETRAINING.model.backbone, in_channels=4))
    suffixes = {
        f'{part}_dataloader.dataset.img_suffix': '.npy' for part in ('train', 'val')
    }
    cfg = segmentation_probe_config(CAMVID, pretraining, None, root, OPTIONS | suffixes)
    cfg.train_dataloader.dataset.pipeline[2].scale = (96, 64)
    cfg.train_dataloader.dataset.pipeline[3].prob = 0.0  # no flip
    model, dataset = build(cfg)
    data = model.data_preprocessor(batch_of(dataset, 2), training=True)
    values = np.load(root / 'images' / 'train' / '0.npy').astype(np.float32)
    expected = torch.from_numpy((values - MEAN) / STD).permute(2, 0, 1).float()
    torch.testing.assert_close(data['inputs'][0], expected)
    assert data['data_samples'][0].gt_sem_seg.data.unique().tolist() == [0, 1]
    losses = model.train()(**data, mode='loss')
    assert torch.isfinite(losses['decode.loss_ce'])
    assert cfg.val_dataloader.dataset.pipeline[0].channels == 4

    cfg = Config.fromfile(CAMVID)
    del cfg.val_dataloader.dataset.pipeline[0]
    cfg.dump(tmp_path / 'probe.py')
    with pytest.raises(UserError, match='val_dataloader begins with Resize'):
        segmentation_probe_config(
            tmp_path / 'probe.py', pretraining, None, root, suffixes
        )


def test_error_for_missing_data(tmp_path):
    with pytest.raises(UserError, match=r"'.*nothing/images/train'.*data_root"):
        segmentation_probe_config(CAMVID, PRETRAINING, data_root=tmp_path / 'nothing')


def test_error_for_missing_mmseg(monkeypatch):
    monkeypatch.setattr(
        mmseg_datasets,
        'find_spec',
        lambda name: None if name == 'mmcv._ext' else find_spec(name),
    )
    with pytest.raises(UserError, match=r'mmsegmentation.*compiled mmcv'):
        segmentation_probe_config(CAMVID, PRETRAINING)


@pytest.mark.parametrize(
    ('option', 'sentence'),
    [
        ({'train_dataloader.dataset.img_suffix': '.png'}, r'no image .*train/\*\.png'),
        ({'val_dataloader.dataset.seg_map_suffix': '_x.png'}, r'4 of .*val/0_x\.png'),
    ],
)
def test_error_for_a_suffix_that_no_file_has(camvid, option, sentence):
    with pytest.raises(UserError, match=sentence):
        segmentation_probe_config(CAMVID, PRETRAINING, None, camvid, option)


def test_voc_config_builds_and_steps(tmp_path):
    root = tmp_path / 'VOC2012'
    for folder in ('JPEGImages', 'SegmentationClass', 'ImageSets/Segmentation'):
        (root / folder).mkdir(parents=True)
    Image.new('RGB', (100, 80), (200, 30, 30)).save(root / 'JPEGImages' / 'a.jpg')
    labels = np.full((80, 100), 255, dtype=np.uint8)
    labels[20:60, 20:60] = 20
    Image.fromarray(labels).save(root / 'SegmentationClass' / 'a.png')
    for part in ('train', 'val'):
        (root / f'ImageSets/Segmentation/{part}.txt').write_text('a\n')
    cfg = segmentation_probe_config(
        CONFIGS / 'linear_voc12.py', PRETRAINING, None, root
    )
    model, dataset = build(cfg)
    data = model.data_preprocessor(batch_of(dataset, 1), training=True)
    assert data['inputs'].shape == (1, 3, 512, 512)
    losses = model.train()(**data, mode='loss')
    assert torch.isfinite(losses['decode.loss_ce'])
    assert model.decode_head.conv_seg.weight.shape == (21, 64, 1, 1)
