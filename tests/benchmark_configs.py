"""The fine-tuning configs, and their models with a checkpoint."""

from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import MODELS as ALL_MODELS
from mmengine.registry import DefaultScope
from torch import nn

from setsim_mm.transfer.weights import transferred_configs
from tests.test_transfer.protocol_checks import transfer_faults

from .test_transfer.checkpoints import backbone_of, resnet_weights

FOLDER = Path(__file__).parents[1] / 'configs' / 'benchmarks'
CONFIGS = sorted(
    path for path in FOLDER.glob('mm*/*/*.py') if path.parts[-2] != '_base_'
)
FCN = FOLDER / 'mmsegmentation/voc12aug/fcn_r50-d8_20k_voc12aug-512x512.py'
FPN = FOLDER / 'mmdetection/coco/mask-rcnn_r50-fpn_1x_coco.py'
KEYPOINTS = FOLDER / 'mmdetection/coco/keypoint-rcnn_r50-fpn_1x_coco.py'
C4 = FOLDER / 'mmdetection/voc0712/faster-rcnn_r50-c4_24k_voc0712.py'
# None where another host is installed.
MMSELFSUP = find_spec('mmselfsup') and (
    Path(find_spec('mmselfsup').origin).parent / '.mim' / 'configs' / 'benchmarks'
)


def built(cfg: Config, weights: Path) -> nn.Module:
    """The model as a run starts with it."""
    for part in transferred_configs(cfg).values():
        part.init_cfg = dict(type='Pretrained', checkpoint=str(weights))
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = ALL_MODELS.build(deepcopy(cfg.model))
        model.init_weights()
    return model


def faults_of(cfg: Config, weights: Path) -> list[str]:
    ours = backbone_of(resnet_weights())
    return transfer_faults(built(cfg, weights), ours, cfg)
