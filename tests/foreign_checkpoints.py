"""Checkpoints in the formats of other projects.

The names come from the projects' own code:

- MoCo: facebookresearch/moco, ``moco/builder.py`` (``fc`` becomes the projector)
- SimSiam: facebookresearch/simsiam, ``simsiam/builder.py``
- DenseCL: WXinlong/DenseCL, ``openselfsup/models/densecl.py`` (``backbone`` is
  ``encoder_q[0]`` once more)
- DINO: facebookresearch/dino, ``main_dino.py`` (both networks of a ResNet under DDP)
  and ``dino/utils.py`` (``load_pretrained_weights``)
- SwAV: facebookresearch/swav, ``src/resnet50.py`` (``prototypes`` beside the backbone)
- MoCo-v3: facebookresearch/moco-v3, ``main_lincls.py`` and ``vits.py``
- ConvNeXt: facebookresearch/ConvNeXt, ``models/convnext.py``, and timm,
  ``timm/models/convnext.py``
- Swin: microsoft/Swin-Transformer, ``models/swin_transformer.py``
- MMPretrain: the state dicts of its 1.2.0 with the configs of its model zoo
- ViT: timm, whose names MMSelfSup's ``mmcls2timm.py`` writes
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

State = Mapping[str, Tensor]


def distinct(state: State, seed: int = 0) -> dict[str, Tensor]:
    """Return a state with the same names and shapes and random values."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.rand(value.shape, generator=generator) * 0.1 + 0.05
        if value.is_floating_point()
        else value.clone()
        for name, value in state.items()
    }


def put(prefix: str, state: State) -> dict[str, Tensor]:
    """Return the weights with a prefix before each name."""
    return {prefix + name: value for name, value in state.items()}


def other(state: State) -> dict[str, Tensor]:
    """Return the weights of a second network, which must not be loaded."""
    return {name: value + 1 for name, value in state.items()}


def mlp(*layers: int) -> dict[str, Tensor]:
    """Return weights and biases of a projector with linear layers at these indices."""
    return {
        f'{layer}.{kind}': torch.ones(2)
        for layer in layers
        for kind in ('weight', 'bias')
    }


def setsim(state: State) -> dict[str, Any]:
    weights = put('backbone.', state) | put('neck.', {'fc.weight': torch.ones(2)})
    weights |= put('momentum_encoder.module.0.', other(state))
    return dict(epoch=200, state_dict=weights)


def torchvision(state: State) -> dict[str, Any]:
    return state | {'fc.weight': torch.ones(3, 2), 'fc.bias': torch.ones(3)}


def moco(state: State) -> dict[str, Any]:
    query = state | put('fc.', mlp(0, 2))
    weights = put('module.encoder_q.', query) | put('module.encoder_k.', other(query))
    weights |= {
        'module.queue': torch.ones(2, 4),
        'module.queue_ptr': torch.zeros(1, dtype=torch.long),
    }
    return dict(epoch=200, arch='resnet50', state_dict=weights, optimizer={})


def simsiam(state: State) -> dict[str, Any]:
    encoder = state | put('fc.', mlp(0, 1, 3, 4, 6))
    weights = put('module.encoder.', encoder) | put('module.predictor.', mlp(0, 1, 3))
    return dict(epoch=100, arch='resnet50', state_dict=weights, optimizer={})


def densecl(state: State) -> dict[str, Any]:
    neck = put('mlp.', mlp(0, 2)) | put('mlp2.', mlp(0, 2))
    query = put('0.', state) | put('1.', neck)
    weights = put('encoder_q.', query) | put('encoder_k.', other(query))
    weights |= put('backbone.', state)
    weights |= {'queue': torch.ones(2, 4), 'queue2': torch.ones(2, 4)}
    return dict(meta={}, state_dict=weights, optimizer={})


def authors(state: State) -> dict[str, Any]:
    query = put('0.', state | put('fc.', mlp(0, 2))) | put('1.', mlp(0, 2))
    weights = put('module.encoder_q.', query) | put('module.encoder_k.', other(query))
    return dict(epoch=200, state_dict=weights)


def mmselfsup(state: State) -> dict[str, Any]:
    """MMSelfSup's MoCo and DenseCL."""
    neck = mlp(0, 2)
    weights = put('backbone.', state) | put('neck.mlp.', neck)
    weights |= put('encoder_k.module.0.', other(state))
    weights |= put('encoder_k.module.1.mlp.', neck)
    weights |= {'encoder_k.steps': torch.tensor(5), 'queue': torch.ones(2, 4)}
    return dict(meta={}, state_dict=weights)


def mmpretrain(state: State) -> dict[str, Any]:
    return dict(meta={}, state_dict=put('backbone.', state) | put('head.', mlp(0)))


def zoo(weights: State) -> dict[str, Any]:
    """Return a checkpoint of mmengine without optimiser, as in MMPretrain's zoo."""
    return dict(
        meta=dict(epoch=200, iter=1000, cfg='model = {}', mmengine_version='0.1.0'),
        state_dict=dict(weights),
        message_hub=dict(log_scalars={}, runtime_info=dict(epoch=199), resumed_keys={}),
    )


def mmpretrain_mocov2(state: State) -> dict[str, Any]:
    """MMPretrain's ``MoCo``, which has the names of MMSelfSup's."""
    return zoo(mmselfsup(state)['state_dict'] | {'queue_ptr': torch.zeros(1).long()})


def mmpretrain_densecl(state: State) -> dict[str, Any]:
    """MMPretrain's ``DenseCL``: a second projector and a second queue."""
    second = put('neck.mlp2.', mlp(0, 2)) | put('encoder_k.module.1.mlp2.', mlp(0, 2))
    second |= {'queue2': torch.ones(2, 4), 'queue2_ptr': torch.zeros(1).long()}
    return zoo(mmpretrain_mocov2(state)['state_dict'] | second)


def mmpretrain_simsiam(state: State) -> dict[str, Any]:
    """MMPretrain's ``SimSiam``: a predictor in the head."""
    neck = {f'fc{i}.weight': torch.ones(2, 2) for i in range(3)}
    predictor = {f'fc{i}.weight': torch.ones(2, 2) for i in range(2)}
    weights = put('backbone.', state) | put('neck.', neck)
    return zoo(weights | put('head.predictor.', predictor))


def dino_backbone(state: State) -> dict[str, Any]:
    return dict(state)


def dino_full(state: State) -> dict[str, Any]:
    head = put('module.head.mlp.', mlp(0, 2, 4))
    return dict(
        student=put('module.backbone.', other(state)) | head,
        teacher=put('module.backbone.', state) | head,
        optimizer={},
        epoch=800,
        dino_loss={'center': torch.ones(1, 4)},
    )


def pixpro(state: State) -> dict[str, Any]:
    weights = put('module.encoder.', state)
    return dict(model=weights | put('module.encoder_k.', other(state)), epoch=100)


def swav(state: State) -> dict[str, Any]:
    return put('module.', state) | {'module.prototypes.weight': torch.ones(2)}


def extracted(state: State) -> dict[str, Any]:
    return dict(state_dict=dict(state))


def mocov3(state: State) -> dict[str, Any]:
    head = 'head.' if 'cls_token' in state else 'fc.'
    base = state | put(head, mlp(0, 1, 3))
    weights = put('module.base_encoder.', base)
    weights |= put('module.momentum_encoder.', other(base))
    return dict(epoch=300, state_dict=weights | put('module.predictor.', mlp(0, 1)))


# A part of the name, up to "and" or a comma, is in the description of the format.
RESNET_PROJECTS: dict[str, Callable[[State], dict[str, Any]]] = {
    'this project': setsim,
    'extracted': extracted,
    'torchvision and timm': torchvision,
    'SwAV': swav,
    'MoCo': moco,
    'MoCo-v3': mocov3,
    'SimSiam': simsiam,
    'PixPro': pixpro,
    'DenseCL': densecl,
    "SetSim's authors": authors,
    'MMSelfSup': mmselfsup,
    'MMPretrain': mmpretrain,
    'MMPretrain, MoCo-v2': mmpretrain_mocov2,
    'MMPretrain, DenseCL': mmpretrain_densecl,
    'MMPretrain, SimSiam': mmpretrain_simsiam,
    'DINO, backbone': dino_backbone,
    'DINO, whole checkpoint': dino_full,
}


def renamed(state: State, *rules: tuple[str, str]) -> dict[str, Tensor]:
    """Return the state with names that are replaced by regular expressions."""
    result = {}
    for name, value in state.items():
        for pattern, replacement in rules:
            name = re.sub(pattern, replacement, name)
        result[name] = value
    return result


def timm_vit(state: State) -> dict[str, Tensor]:
    """Return a state of MMCls' VisionTransformer with timm's names."""
    return renamed(
        state,
        (r'^ln1\.', 'norm.'),
        ('projection', 'proj'),
        ('^layers', 'blocks'),
        (r'\.ln', '.norm'),
        (r'ffn\.layers\.0\.0', 'mlp.fc1'),
        (r'ffn\.layers\.1', 'mlp.fc2'),
    )


def authors_convnext(state: State) -> dict[str, Any]:
    names = renamed(
        state,
        ('norm3', 'norm'),
        ('depthwise_conv', 'dwconv'),
        ('pointwise_conv', 'pwconv'),
    )
    return dict(model=names | put('head.', {'weight': torch.ones(3, 2)}))


def timm_convnext(state: State) -> dict[str, Any]:
    names = renamed(
        state,
        ('norm3', 'head.norm'),
        (r'^downsample_layers\.0', 'stem'),
        (r'^downsample_layers\.(\d)', r'stages.\1.downsample'),
        (r'^(stages\.\d)\.(\d)', r'\1.blocks.\2'),
        ('depthwise_conv', 'conv_dw'),
        ('pointwise_conv', 'mlp.fc'),
    )
    return names | {'head.fc.weight': torch.ones(3, 2)}


def microsoft_swin(state: State) -> dict[str, Any]:
    """Return a state with the names and the order of microsoft/Swin-Transformer.

    The order of the merging layers is inverse to ``swin_converter`` of MMDetection.
    """
    names = renamed(
        state,
        ('projection', 'proj'),
        ('^stages', 'layers'),
        (r'attn\.w_msa', 'attn'),
        (r'ffn\.layers\.0\.0', 'mlp.fc1'),
        (r'ffn\.layers\.1', 'mlp.fc2'),
        ('^norm3', 'norm'),
    )
    for name, value in names.items():
        if 'downsample' in name:
            inputs = value.reshape(*value.shape[:-1], -1, 4)[..., [0, 2, 1, 3]]
            names[name] = inputs.transpose(-1, -2).reshape(value.shape)
    mask = {'layers.0.blocks.1.attn_mask': torch.ones(2)}
    return dict(model=names | mask | put('head.', {'weight': torch.ones(3, 2)}))
