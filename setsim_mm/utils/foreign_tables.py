"""The names of backbones in other libraries, for reading and for writing.

A ResNet has the names of torchvision in all OpenMMLab libraries and in timm.
"""

from math import isqrt

from torch import Tensor

from .name_tables import Conversion, NameTable, Row


def _corners_first(value: Tensor) -> Tensor:
    """Reorder a patch merging layer's inputs, (..., C * 4) to (..., 4 * C)."""
    inputs = value.reshape(*value.shape[:-1], -1, 4)[..., [0, 2, 1, 3]]
    return inputs.transpose(-1, -2).reshape(value.shape)


def _channels_first(value: Tensor) -> Tensor:
    inputs = value.reshape(*value.shape[:-1], 4, -1)[..., [0, 2, 1, 3], :]
    return inputs.transpose(-1, -2).reshape(value.shape)


# MMPretrain merges 2x2 positions by nn.Unfold: for each channel the four positions, row
# by row. The others have all channels of each position, column by column.
MERGED = Conversion(_corners_first, _channels_first)
# (C,) in MMPretrain, (C, 1, 1) in torchvision.
SCALE = Conversion(lambda v: v.reshape(-1, 1, 1), lambda v: v.flatten())
# (N, N) in MMPretrain, (N * N,) in torchvision.
INDEX_MAP = Conversion(
    lambda v: v.flatten(), lambda v: v.reshape(isqrt(v.numel()), isqrt(v.numel()))
)

_BLOCK = 'layer{i}.{j}'
_RESNET = (
    'conv1',
    'bn1',
    f'{_BLOCK}.conv{{k}}',
    f'{_BLOCK}.bn{{k}}',
    f'{_BLOCK}.downsample.{{k}}',
)
RESNET = NameTable('ResNet', tuple(Row(name, name) for name in _RESNET))
RESNET_DETECTRON2 = NameTable(
    "detectron2's ResNet",
    (
        Row('conv1', 'stem.conv1'),
        Row('bn1', 'stem.conv1.norm'),
        Row('layer{i}.{j}.conv{k}', 'res{i+1}.{j}.conv{k}'),
        Row('layer{i}.{j}.bn{k}', 'res{i+1}.{j}.conv{k}.norm'),
        Row('layer{i}.{j}.downsample.0', 'res{i+1}.{j}.shortcut'),
        Row('layer{i}.{j}.downsample.1', 'res{i+1}.{j}.shortcut.norm'),
    ),
)

VIT_TIMM = NameTable(
    "timm's ViT",
    (
        Row('cls_token', 'cls_token'),
        Row('pos_embed', 'pos_embed'),
        Row('patch_embed.projection', 'patch_embed.proj'),
        Row('layers.{i}.ln{k}', 'blocks.{i}.norm{k}'),
        Row('layers.{i}.attn.qkv', 'blocks.{i}.attn.qkv'),
        Row('layers.{i}.attn.proj', 'blocks.{i}.attn.proj'),
        Row('layers.{i}.ffn.layers.0.0', 'blocks.{i}.mlp.fc1'),
        Row('layers.{i}.ffn.layers.1', 'blocks.{i}.mlp.fc2'),
        Row('ln1', 'norm'),
    ),
)
_LAYER = 'encoder.layers.encoder_layer_{i}'
VIT_TORCHVISION = NameTable(
    "torchvision's ViT",
    (
        Row('cls_token', 'class_token'),
        Row('pos_embed', 'encoder.pos_embedding'),
        Row('patch_embed.projection', 'conv_proj'),
        Row('layers.{i}.ln{k}', f'{_LAYER}.ln_{{k}}'),
        Row('layers.{i}.attn.qkv.weight', f'{_LAYER}.self_attention.in_proj_weight'),
        Row('layers.{i}.attn.qkv.bias', f'{_LAYER}.self_attention.in_proj_bias'),
        Row('layers.{i}.attn.proj', f'{_LAYER}.self_attention.out_proj'),
        Row('layers.{i}.ffn.layers.0.0', f'{_LAYER}.mlp.0'),
        Row('layers.{i}.ffn.layers.1', f'{_LAYER}.mlp.3'),
        Row('ln1', 'encoder.ln'),
    ),
)
VIT_MMSEG = NameTable(
    "MMSegmentation's ViT",
    (
        Row('cls_token', 'cls_token'),
        Row('pos_embed', 'pos_embed'),
        Row('patch_embed.projection', 'patch_embed.projection'),
        Row('layers.{i}.ln{k}', 'layers.{i}.ln{k}'),
        Row('layers.{i}.attn.qkv.weight', 'layers.{i}.attn.attn.in_proj_weight'),
        Row('layers.{i}.attn.qkv.bias', 'layers.{i}.attn.attn.in_proj_bias'),
        Row('layers.{i}.attn.proj', 'layers.{i}.attn.attn.out_proj'),
        Row('layers.{i}.ffn.layers.0.0', 'layers.{i}.ffn.layers.0.0'),
        Row('layers.{i}.ffn.layers.1', 'layers.{i}.ffn.layers.1'),
        Row('ln1', 'ln1'),
    ),
)

CONVNEXT_AUTHORS = NameTable(
    "the authors' ConvNeXt",
    (
        Row('downsample_layers.{i}.{j}', 'downsample_layers.{i}.{j}'),
        Row('stages.{i}.{j}.gamma', 'stages.{i}.{j}.gamma'),
        Row('stages.{i}.{j}.depthwise_conv', 'stages.{i}.{j}.dwconv'),
        Row('stages.{i}.{j}.norm', 'stages.{i}.{j}.norm'),
        Row('stages.{i}.{j}.pointwise_conv{k}', 'stages.{i}.{j}.pwconv{k}'),
        Row('norm3', 'norm'),
    ),
)
CONVNEXT_TIMM = NameTable(
    "timm's ConvNeXt",
    (
        Row('downsample_layers.0.{j}', 'stem.{j}'),
        Row('downsample_layers.{i}.{j}', 'stages.{i}.downsample.{j}'),
        Row('stages.{i}.{j}.gamma', 'stages.{i}.blocks.{j}.gamma'),
        Row('stages.{i}.{j}.depthwise_conv', 'stages.{i}.blocks.{j}.conv_dw'),
        Row('stages.{i}.{j}.norm', 'stages.{i}.blocks.{j}.norm'),
        Row('stages.{i}.{j}.pointwise_conv{k}', 'stages.{i}.blocks.{j}.mlp.fc{k}'),
        Row('norm3', 'head.norm'),
    ),
    not_backbone=r'^head\.fc\.',
)
CONVNEXT_TORCHVISION = NameTable(
    "torchvision's ConvNeXt",
    (
        Row('downsample_layers.{i}.{j}', 'features.{2*i}.{j}'),
        Row('stages.{i}.{j}.gamma', 'features.{2*i+1}.{j}.layer_scale', SCALE),
        Row('stages.{i}.{j}.depthwise_conv', 'features.{2*i+1}.{j}.block.0'),
        Row('stages.{i}.{j}.norm', 'features.{2*i+1}.{j}.block.2'),
        Row('stages.{i}.{j}.pointwise_conv1', 'features.{2*i+1}.{j}.block.3'),
        Row('stages.{i}.{j}.pointwise_conv2', 'features.{2*i+1}.{j}.block.5'),
        Row('norm3', 'classifier.0'),
    ),
    not_backbone=r'^classifier\.2\.',
)


def _swin(
    owner: str,
    stage: str,
    downsample: str,
    norm: str = 'norm',
    patch: tuple[str, str] = ('patch_embed.proj', 'patch_embed.norm'),
    mlp: tuple[str, str] = ('mlp.fc1', 'mlp.fc2'),
    index: Conversion | None = None,
    not_stored: str | None = None,
) -> NameTable:
    """Return the table of one of the libraries whose Swin is Microsoft's."""
    ours, theirs = 'stages.{i}.blocks.{j}', f'{stage}.{{j}}'
    position = 'relative_position'
    return NameTable(
        owner,
        (
            Row('patch_embed.projection', patch[0]),
            Row('patch_embed.norm', patch[1]),
            Row(f'{ours}.norm{{k}}', f'{theirs}.norm{{k}}'),
            Row(
                f'{ours}.attn.w_msa.{position}_index',
                f'{theirs}.attn.{position}_index',
                index,
            ),
            Row(
                f'{ours}.attn.w_msa.{position}_bias_table',
                f'{theirs}.attn.{position}_bias_table',
            ),
            Row(f'{ours}.attn.w_msa.qkv', f'{theirs}.attn.qkv'),
            Row(f'{ours}.attn.w_msa.proj', f'{theirs}.attn.proj'),
            Row(f'{ours}.ffn.layers.0.0', f'{theirs}.{mlp[0]}'),
            Row(f'{ours}.ffn.layers.1', f'{theirs}.{mlp[1]}'),
            Row('stages.{i}.downsample.norm', f'{downsample}.norm', MERGED),
            Row('stages.{i}.downsample.reduction', f'{downsample}.reduction', MERGED),
            Row('norm3', norm),
        ),
        not_backbone=r'\.attn_mask$',  # in old files
        not_stored=not_stored,
    )


SWIN_MICROSOFT = _swin("Microsoft's Swin", 'layers.{i}.blocks', 'layers.{i}.downsample')
SWIN_TIMM = _swin(
    "timm's Swin",
    'layers.{i}.blocks',
    'layers.{i+1}.downsample',
    not_stored=r'\.relative_position_index$',
)
SWIN_DETECTRON2 = _swin(
    "detectron2's Swin", 'layers.{i}.blocks', 'layers.{i}.downsample', norm='norm3'
)
SWIN_TORCHVISION = _swin(
    "torchvision's Swin",
    'features.{2*i+1}',
    'features.{2*i+2}',
    patch=('features.0.0', 'features.0.2'),
    mlp=('mlp.0', 'mlp.3'),
    index=INDEX_MAP,
)
# MMDetection has MMPretrain's names. It reads only those that begin with "backbone.".
SWIN_MMDET = NameTable(
    "MMDetection's Swin",
    tuple(Row(row.ours, row.ours) for row in SWIN_MICROSOFT.rows),
    prefix='backbone.',
)
SWIN_MMSEG = NameTable("MMSegmentation's Swin", SWIN_MMDET.rows)

# Tables for reading; checkpoints with MMPretrain's names need none. Of two that fit
# equally well the first one counts: detectron2's Swin has MMPretrain's norm3.
READ = (
    VIT_TIMM,
    VIT_TORCHVISION,
    VIT_MMSEG,
    CONVNEXT_AUTHORS,
    CONVNEXT_TIMM,
    CONVNEXT_TORCHVISION,
    SWIN_DETECTRON2,
    SWIN_MICROSOFT,
    SWIN_TIMM,
    SWIN_TORCHVISION,
    RESNET_DETECTRON2,
)
# Tables for writing, by library.
WRITTEN = dict(
    torchvision=(RESNET, VIT_TORCHVISION, CONVNEXT_TORCHVISION, SWIN_TORCHVISION),
    timm=(RESNET, VIT_TIMM, CONVNEXT_TIMM, SWIN_TIMM),
    detectron2=(RESNET_DETECTRON2, VIT_TIMM, SWIN_DETECTRON2),
    mmdet=(RESNET, SWIN_MMDET),
    mmseg=(RESNET, VIT_MMSEG, SWIN_MMSEG),
)
