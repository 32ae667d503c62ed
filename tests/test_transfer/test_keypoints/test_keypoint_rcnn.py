"""The detector: its losses, its predictions, and which objects train which branch."""

from copy import deepcopy

import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.config import Config
from mmengine.registry import MODELS, DefaultScope
from mmengine.structures import InstanceData
from torch import Tensor, nn
from torch.testing import assert_close

from setsim_mm.transfer.finetuning import load_finetuning_config
from tests.benchmark_configs import FOLDER

from .people import NUMBER

CONFIG = str(FOLDER / 'mmdetection/coco/keypoint-rcnn_r50-fpn_1x_coco.py')
DEMO = str(FOLDER / '_base_' / 'scales' / 'demo_r18.py')
WIDTH, HEIGHT = 96, 64
BOXES = [[10.0, 8, 50, 60], [55.0, 4, 90, 50]]


@pytest.fixture(scope='module')
def model_config() -> Config:
    """The benchmark's model at the size of the demo, with few regions."""
    model = load_finetuning_config(CONFIG, merge=DEMO).model
    model.backbone.init_cfg = None
    model.train_cfg.rcnn.sampler.num = 16
    model.train_cfg.rpn_proposal.update(nms_pre=50, max_per_img=20)
    model.test_cfg.rpn.update(nms_pre=50, max_per_img=10)
    model.test_cfg.rcnn.score_thr = 0.0
    return model


def built(model_config: Config, **roi_head: object) -> nn.Module:
    config = deepcopy(model_config)
    config.roi_head.update(roi_head)
    with DefaultScope.overwrite_default_scope('mmdet'):
        return MODELS.build(config)


@pytest.fixture
def model(model_config) -> nn.Module:
    return built(model_config)


def sample(flags: list[int], scale: float = 1.0) -> DetDataSample:
    """Return two people; the flag of each is that of all of its key points."""
    boxes = torch.tensor(BOXES)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    truth = InstanceData(
        bboxes=boxes,
        labels=torch.zeros(2, dtype=torch.long),
        keypoints=centre[:, None].repeat(1, NUMBER, 1),
        keypoints_visible=torch.tensor(flags)[:, None].repeat(1, NUMBER).float(),
    )
    shape = (HEIGHT, WIDTH)
    meta = dict(
        img_shape=shape, batch_input_shape=shape, pad_shape=shape,
        ori_shape=(int(HEIGHT / (2 * scale)), int(WIDTH / scale)),
        scale_factor=(scale, 2 * scale),
    )  # fmt: skip
    sample = DetDataSample(gt_instances=truth, metainfo=meta)
    sample.ignored_instances = InstanceData(bboxes=boxes[:0], labels=truth.labels[:0])
    return sample


def images(number: int) -> Tensor:
    return torch.randn(number, 3, HEIGHT, WIDTH)


class Regions:
    """Collect what the key-point head gets."""

    def __init__(self, model: nn.Module) -> None:
        self.numbers: list[int] = []
        model.roi_head.keypoint_head.register_forward_pre_hook(
            lambda _, inputs: self.numbers.append(len(inputs[0]))
        )


def test_every_parameter_trains(model):
    losses = model.loss(images(2), [sample([2, 1]), sample([2, 2])])
    assert losses.keys() == {
        'loss_rpn_cls', 'loss_rpn_bbox', 'loss_cls', 'loss_bbox', 'acc',
        'loss_keypoint',
    }  # fmt: skip
    loss, _ = model.parse_losses(losses)
    loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
    assert losses['loss_keypoint'].item() > 1


def test_people_without_key_points_train_the_boxes_only(model):
    regions = Regions(model)
    losses = model.loss(images(1), [sample([2, 0])])
    (of_one,) = regions.numbers
    model.loss(images(1), [sample([2, 2])])
    assert 0 < of_one < regions.numbers[1]
    assert losses['loss_bbox'] > 0 and losses['loss_keypoint'] > 0


def test_images_without_a_key_point_have_a_loss_of_zero(model):
    """All processes compute the branch, because norms wait for each other."""
    regions = Regions(model)
    losses = model.loss(images(1), [sample([0, 0])])
    assert regions.numbers == [1]
    assert losses['loss_keypoint'].item() == 0
    losses['loss_keypoint'].backward()
    parameters = model.roi_head.keypoint_head.parameters()
    assert all(parameter.grad is not None for parameter in parameters)


def test_predictions_have_key_points_in_their_boxes(model):
    model.eval()
    results = model.predict(images(2), [sample([2, 2]), sample([2, 2])], rescale=False)
    for result in results:
        found = result.pred_instances
        number = len(found)
        assert 0 < number
        assert found.keypoints.shape == (number, NUMBER, 2)
        assert found.keypoint_scores.shape == (number, NUMBER)
        assert (found.keypoint_scores > 0).all()
        low, high = found.bboxes[:, None, :2], found.bboxes[:, None, 2:]
        # Sides below a pixel count as one.
        assert ((found.keypoints >= low) & (found.keypoints <= high + 1)).all()


@pytest.mark.parametrize('scale', [0.5, 2.0])
def test_predictions_of_the_original_image_are_scaled_with_their_boxes(model, scale):
    model.eval()
    inputs, factor = images(1), torch.tensor([scale, 2 * scale])
    (here,) = model.predict(inputs, [sample([2, 2], scale)], rescale=False)
    (there,) = model.predict(inputs, [sample([2, 2], scale)], rescale=True)
    small, large = here.pred_instances, there.pred_instances
    assert_close(large.keypoints * factor, small.keypoints)
    assert_close(large.bboxes * factor.repeat(2), small.bboxes)
    assert_close(large.keypoint_scores, small.keypoint_scores)


def test_images_without_a_detection_have_no_key_point(model):
    model.eval()
    model.roi_head.test_cfg.score_thr = 2.0
    (result,) = model.predict(images(1), [sample([2, 2])])
    assert result.pred_instances.keypoints.shape == (0, NUMBER, 2)
    assert result.pred_instances.keypoint_scores.shape == (0, NUMBER)


def test_forward_returns_the_heat_maps_last(model):
    model.eval()
    outputs = model.forward(images(1), [sample([2, 2])], mode='tensor')
    assert outputs[-1][-1].shape == (10, NUMBER, 56, 56)


def test_masks_can_be_found_as_well(model_config):
    extractor = model_config.roi_head.keypoint_roi_extractor
    head = dict(
        type='FCNMaskHead', num_convs=1, in_channels=64, conv_out_channels=8,
        num_classes=1, loss_mask=dict(type='CrossEntropyLoss', use_mask=True),
    )  # fmt: skip
    model = built(model_config, mask_roi_extractor=extractor, mask_head=head).eval()
    model.roi_head.test_cfg.mask_thr_binary = 0.5
    (result,) = model.predict(images(1), [sample([2, 2], 0.5)], rescale=True)
    found = result.pred_instances
    assert len(found.masks) == len(found.keypoints) > 0
    low, high = found.bboxes[:, None, :2], found.bboxes[:, None, 2:]
    assert ((found.keypoints >= low) & (found.keypoints <= high + 2)).all()
