"""MMPretrain 1.x under the names that MMSelfSup gives its classes.

The modules here hold the bridges: subclasses with the arguments and the defaults of
MMSelfSup, where those of MMPretrain differ.
"""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from mmpretrain.datasets.transforms import MultiView
    from mmpretrain.structures import DataSample as SelfSupDataSample
    from mmpretrain.utils import get_ori_model as get_model

    from .algorithms import BaseModel, DenseCL, MoCo

__all__ = [
    'BaseModel',
    'DenseCL',
    'MoCo',
    'MultiView',
    'SelfSupDataSample',
    'get_model',
]

# Modules with bridges, by the name of the registry.
BRIDGES = {
    'model': [
        'setsim_mm.hosts.mmpretrain.algorithms',
        'setsim_mm.hosts.mmpretrain.backbones',
        'setsim_mm.hosts.mmpretrain.necks',
    ],
    'transform': ['setsim_mm.hosts.mmpretrain.transforms'],
    'visualizer': ['setsim_mm.hosts.mmpretrain.visualizer'],
}

__getattr__, __dir__ = import_on_demand(__name__, __file__)
