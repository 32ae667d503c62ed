"""Names of MMSelfSup, the host of this plugin: the only file that imports from it.

Each name is imported when it is first used: the models of MMSelfSup import those of
MMClassification and MMDetection, which takes seconds.
"""

from typing import TYPE_CHECKING

from .lazy import import_on_demand

if TYPE_CHECKING:
    from mmselfsup.datasets.transforms import MultiView
    from mmselfsup.models.algorithms import BaseModel, DenseCL, MoCo
    from mmselfsup.registry import (
        DATASETS,
        HOOKS,
        METRICS,
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
    'METRICS',
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
