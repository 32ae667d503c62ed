"""What this plugin needs of its host, MMSelfSup: the only file that imports from it.

Everything is imported when it is first asked for: MMSelfSup's models bring those of
MMClassification and MMDetection with them, which take seconds.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from .lazy import import_on_demand

if TYPE_CHECKING:
    from mmselfsup.datasets.transforms import MultiView
    from mmselfsup.models.algorithms import BaseModel, DenseCL, MoCo
    from mmselfsup.registry import (
        DATASETS,
        HOOKS,
        MODELS,
        OPTIM_WRAPPERS,
        RUNNERS,
        TRANSFORMS,
    )
    from mmselfsup.structures import SelfSupDataSample
    from mmselfsup.utils import get_model

__all__ = [
    'DATASETS',
    'HOOKS',
    'MODELS',
    'OPTIM_WRAPPERS',
    'RUNNERS',
    'TRANSFORMS',
    'BaseModel',
    'DenseCL',
    'MoCo',
    'MultiView',
    'SelfSupDataSample',
    'get_model',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)

# The modules that register something: what a registry imports on its first use.
LOCATIONS = {
    'DATASETS': ['setsim_mm.datasets.unlabeled_images'],
    'HOOKS': ['setsim_mm.engine.hooks'],
    'MODELS': [
        'setsim_mm.models.algorithms',
        'setsim_mm.models.heads',
        'setsim_mm.models.losses',
        'setsim_mm.models.memories',
        'setsim_mm.models.necks',
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


def add_locations(registries: ModuleType) -> None:
    """Make the host's registries import the modules here on their next use.

    Args:
        registries (ModuleType): ``mmselfsup.registry``.
    """
    for name, modules in LOCATIONS.items():
        registry = getattr(registries, name)
        known = registry._locations
        registry._locations = [*known, *(m for m in modules if m not in known)]
        registry._imported = False  # even if it has built something before


def register_file_backends(fileio: ModuleType) -> None:
    """Make mmengine read images from LMDB files and tar shards.

    Args:
        fileio (ModuleType): ``mmengine.fileio``.
    """
    for module in FILE_BACKENDS:
        import_module(module)
