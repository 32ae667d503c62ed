"""What this plugin needs of its host, MMSelfSup: the only file that imports from it.

Models and transforms are imported when they are first asked for: they bring
MMClassification's and MMDetection's models with them, which take seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mmselfsup.registry import (
    DATASETS,
    HOOKS,
    LOOPS,
    MODELS,
    OPTIM_WRAPPERS,
    RUNNER_CONSTRUCTORS,
    RUNNERS,
    TRANSFORMS,
)
from mmselfsup.structures import SelfSupDataSample
from mmselfsup.utils import get_model

if TYPE_CHECKING:
    from mmselfsup.datasets.transforms import MultiView
    from mmselfsup.models.algorithms import BaseModel, DenseCL, MoCo

__all__ = [
    'DATASETS',
    'HOOKS',
    'LOOPS',
    'MODELS',
    'OPTIM_WRAPPERS',
    'RUNNERS',
    'RUNNER_CONSTRUCTORS',
    'TRANSFORMS',
    'BaseModel',
    'DenseCL',
    'MoCo',
    'MultiView',
    'SelfSupDataSample',
    'get_model',
]

_ON_DEMAND = {
    'BaseModel': 'mmselfsup.models.algorithms',
    'DenseCL': 'mmselfsup.models.algorithms',
    'MoCo': 'mmselfsup.models.algorithms',
    'MultiView': 'mmselfsup.datasets.transforms',
}


def __getattr__(name: str) -> Any:
    if name not in _ON_DEMAND:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    return getattr(import_module(_ON_DEMAND[name]), name)
