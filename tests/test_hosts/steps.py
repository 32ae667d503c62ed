"""Five training steps of each algorithm, as small as they can be, in double precision.

In single precision another order of sums changes which pixels are selected, and the
losses with them.

To record the losses of the host in use, in the root of the repository:
    python -m tests.test_hosts.steps
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import default_collate
from mmengine.optim import OptimWrapper
from mmengine.registry import DefaultScope
from torch import nn
from torch.nn import functional as F
from torch.utils._pytree import tree_map_only

from setsim_mm.host import MODELS, TRANSFORMS
from setsim_mm.models.memories import KeyBank
from setsim_mm.utils.random_state import seed_step
from setsim_mm.utils.weight_init import init_weights_quietly

REPOSITORY = Path(__file__).parents[2]
CONFIGS = REPOSITORY / 'configs' / 'selfsup'
RECORD = REPOSITORY / 'tests' / 'data' / 'host_losses.json'
IMAGES, SIZE, STEPS = 8, 96, 5
WIDTH = 64  # channels of the feature map
RESNET = dict(depth=18, stem_channels=8, base_channels=8)
CONVNEXT = dict(arch=dict(depths=[1, 1, 1, 1], channels=[8, 16, 32, WIDTH]))
SWIN = dict(arch=dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2]))
VIT = dict(
    arch=dict(embed_dims=WIDTH, num_layers=2, num_heads=2, feedforward_channels=WIDTH),
    img_size=SIZE,
)
# A config and its small backbone.
ALGORITHMS = {
    'SetSim': ('setsim_r50_200e_in1k', RESNET),
    'SetSimSiam': ('setsim_simsiam_r50_200e_in1k', RESNET),
    'MoCo-v2': ('mocov2_r50_200e_in1k', RESNET),
    'DenseCL': ('densecl_r50_200e_in1k', RESNET),
    'SimSiam': ('simsiam_r50_200e_in1k', RESNET),
    'SimCLR': ('copy_detection/in_batch_r50_100e_folder', RESNET),
    'QK Iteration': ('copy_detection/qk_r50_100e_folder', RESNET),
    'SetSim, ConvNeXt': ('setsim_convnext-tiny_200e_in1k', CONVNEXT),
    'SetSim, Swin': ('setsim_swin-tiny_200e_in1k', SWIN),
    'SetSim, ViT': ('setsim_vit-small_200e_in1k', VIT),
}


def small_model(algorithm: str) -> nn.Module:
    """Return the model of a config with few channels, initialised from seed 0."""
    name, backbone = ALGORITHMS[algorithm]
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    cfg.model.backbone.update(backbone)
    cfg.model.neck.update(in_channels=WIDTH, hid_channels=16)
    if 'queue_len' in cfg.model:
        cfg.model.queue_len = 2 * IMAGES
    torch.manual_seed(0)
    with DefaultScope.overwrite_default_scope(cfg.default_scope):
        model = MODELS.build(cfg.model)
    init_weights_quietly(model)
    model.data_preprocessor.register_forward_hook(to_double)
    return model.double()


def to_double(module: nn.Module, inputs: tuple, outputs: dict | tuple) -> dict | tuple:
    """Return the outputs of a preprocessor with views in double precision."""
    return tree_map_only(torch.Tensor, torch.Tensor.double, outputs)


def batches() -> list[dict]:
    """Return a collated batch for each step: views of noise with boxes and indices."""
    rng = np.random.default_rng(0)
    pack = TRANSFORMS.build(
        dict(
            type='PackSelfSupInputs',
            algorithm_keys=['sample_idx'],
            meta_keys=['view_boxes'],
        )
    )

    def sample(index: int) -> dict:
        coarse = rng.integers(0, 200, (2, SIZE // 8, SIZE // 8, 3))
        noise = rng.integers(0, 56, (2, SIZE, SIZE, 3))
        views = coarse.repeat(8, axis=1).repeat(8, axis=2) + noise
        corners = rng.uniform(0, 0.4, (2, 2))
        return pack(
            dict(
                img=list(views.astype(np.uint8)),
                view_boxes=np.float32(np.hstack([corners, corners + 0.5])),
                sample_idx=index,
            )
        )

    return [
        default_collate([sample(index) for index in range(IMAGES)])
        for _ in range(STEPS)
    ]


def train(model: nn.Module) -> list[float]:
    """Train for five steps of SGD and return their losses."""
    if hasattr(model, 'begin_phase'):
        bank = KeyBank(IMAGES, model.feat_dim, 'float32')
        bank.write(torch.arange(IMAGES), F.normalize(torch.eye(*bank.keys.shape)))
        model.begin_phase(0, 'query', bank)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    wrapper = OptimWrapper(optimizer)
    model.train()
    losses = []
    for step, batch in enumerate(batches()):
        seed_step(seed=0, step=step, rank=0)
        losses.append(model.train_step(batch, wrapper)['loss'].item())
    return losses


def state_names(model: nn.Module) -> str:
    """Return a digest of the names and shapes of all tensors in a checkpoint."""
    state = model.state_dict()
    lines = sorted(f'{name} {tuple(value.shape)}' for name, value in state.items())
    return hashlib.sha256('\n'.join(lines).encode()).hexdigest()


def measured(algorithm: str) -> dict:
    """Return the losses of an algorithm and the digest of its checkpoint's names."""
    model = small_model(algorithm)
    return dict(losses=train(model), state_names=state_names(model))


if __name__ == '__main__':
    torch.set_num_threads(1)
    RECORD.write_text(
        json.dumps({name: measured(name) for name in ALGORITHMS}, indent=2) + '\n'
    )
