"""Registration of this package's modules with OpenMMLab's registries."""

from importlib import import_module
from types import ModuleType

# What a registry of the host imports on its first use.
LOCATIONS = {
    'DATASETS': [
        'setsim_mm.datasets.copy_images',
        'setsim_mm.datasets.semantic_positive_pairs',
        'setsim_mm.datasets.unlabeled_images',
    ],
    'HOOKS': ['setsim_mm.engine.hooks'],
    'METRICS': ['setsim_mm.evaluation.copy_metric'],
    'MODELS': [
        'setsim_mm.models.algorithms',
        'setsim_mm.models.heads',
        'setsim_mm.models.losses',
        'setsim_mm.models.memories',
        'setsim_mm.models.necks',
        'setsim_mm.models.utils.channels_preprocessor',
        'setsim_mm.evaluation.batch_norm_neck',
        'setsim_mm.evaluation.frozen_backbone',
    ],
    'OPTIM_WRAPPERS': ['setsim_mm.utils.mixed_precision'],
    'RUNNERS': ['setsim_mm.engine.runner'],
    'TRANSFORMS': ['setsim_mm.datasets.transforms'],
}
FILE_BACKENDS = [
    'setsim_mm.datasets.packed.lmdb_file',
    'setsim_mm.datasets.packed.tar_shards',
]


def create_registries(registries: ModuleType) -> None:
    """Add the registries of this package to mmengine's.

    Args:
        registries (ModuleType): ``mmengine.registry``, which the module here imports.
    """
    import_module('setsim_mm.registry')


def add_locations(registries: ModuleType) -> None:
    """Make the registries of a host import the modules here on their next use.

    Args:
        registries (ModuleType): ``mmselfsup.registry`` or ``mmpretrain.registry``.
    """
    for name, modules in LOCATIONS.items():
        registry = getattr(registries, name)
        known = registry._locations
        registry._locations = [*known, *(m for m in modules if m not in known)]
        registry._imported = False  # even if it has built something before


def register_file_backends(fileio: ModuleType) -> None:
    """Make mmengine read images from LMDB files and tar shards.

    Args:
        fileio (ModuleType): ``mmengine.fileio``, which the modules here import.
    """
    for module in FILE_BACKENDS:
        import_module(module)
