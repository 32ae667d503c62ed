"""The names that this and other projects give to the weights of a backbone."""

import re
from collections.abc import Iterable, Iterator

# The entries of a file that may hold the weights; the first one with weights counts.
# DINO saves two networks and evaluates the teacher.
ENTRIES = ('state_dict', 'model', 'teacher', 'student')
BACKBONE = 'backbone.'
# The prefixes of the query side's backbone, after DDP's "module.", and the projects
# that use them. Of two that fit equally well the first one counts.
PREFIXES = {
    BACKBONE: 'this project, MMSelfSup, MMPretrain or DINO',
    'encoder_q.0.': "DenseCL, OpenSelfSup or SetSim's authors",
    'encoder_q.': 'MoCo',
    'base_encoder.': 'MoCo-v3',
    'encoder.': 'SimSiam or PixPro',
    '': 'torchvision, timm, SwAV, DINO or an extracted backbone',
}
# MoCo, MoCo-v3, SimSiam and SetSim's authors replace the classifier of the backbone by
# a projector of the same name.
PROJECTORS = ('fc.', 'head.')
# Regular expressions and replacements that turn the names of another project's backbone
# into MMPretrain's. A ResNet has the same names everywhere. Swin is missing: MMPretrain
# sorts the channels of its merging layers in another order.
RENAMINGS = {
    '': (),
    "timm's ViT": (
        (r'^patch_embed\.proj\.', 'patch_embed.projection.'),
        (r'^norm\.', 'ln1.'),
        (r'^blocks\.', 'layers.'),
        (r'\.norm([12])\.', r'.ln\1.'),
        (r'\.mlp\.fc1\.', '.ffn.layers.0.0.'),
        (r'\.mlp\.fc2\.', '.ffn.layers.1.'),
    ),
    "the authors' ConvNeXt": (
        (r'^norm\.', 'norm3.'),
        (r'\.dwconv\.', '.depthwise_conv.'),
        (r'\.pwconv([12])\.', r'.pointwise_conv\1.'),
    ),
    "timm's ConvNeXt": (
        (r'^stem\.', 'downsample_layers.0.'),
        (r'^stages\.(\d)\.downsample\.', r'downsample_layers.\1.'),
        (r'^stages\.(\d)\.blocks\.', r'stages.\1.'),
        (r'^head\.norm\.', 'norm3.'),
        (r'\.conv_dw\.', '.depthwise_conv.'),
        (r'\.mlp\.fc([12])\.', r'.pointwise_conv\1.'),
    ),
}


def find_prefix(names: Iterable[str]) -> str | None:
    """Return the first of :data:`PREFIXES` that any name has, without a config.

    Args:
        names (Iterable[str]): The names in a file, without the ``module.`` of DDP.

    Returns:
        str | None: None if the names have no prefix that is known.

    Examples:
        >>> find_prefix(['encoder_k.conv1.weight', 'encoder_q.conv1.weight'])
        'encoder_q.'
    """
    names = tuple(names)
    found = (p for p in PREFIXES if p and any(name.startswith(p) for name in names))
    return next(found, None)


def possible_names(names: Iterable[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield all known ways to map the names in a checkpoint to those of a backbone.

    Args:
        names (Iterable[str]): The names in the file, without the ``module.`` of DDP.

    Yields:
        tuple[str, dict[str, str]]: A description, such as
        ``'encoder_q.* as in MoCo'``, and the names in the file by the names in
        MMPretrain's backbone.

    Examples:
        >>> dict(possible_names(['encoder_q.conv1.weight']))['encoder_q.* as in MoCo']
        {'conv1.weight': 'encoder_q.conv1.weight'}
    """
    names = list(names)
    for prefix, projects in PREFIXES.items():
        inside = [name for name in names if name.startswith(prefix)]
        for backbone, rules in RENAMINGS.items():
            of_backbone = f', with the names of {backbone}' * bool(backbone)
            yield (
                f'{prefix}* as in {projects}{of_backbone}',
                {_renamed(name.removeprefix(prefix), rules): name for name in inside},
            )


def _renamed(name: str, rules: Iterable[tuple[str, str]]) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name
