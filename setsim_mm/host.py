"""Names of the host of this plugin, MMSelfSup or MMPretrain.

:func:`~setsim_mm.hosts.choice.host_name` chooses the host. Each name is imported when
it is first used: the models of a host take seconds. The registries are those of this
package, which continue in the host's.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .hosts.choice import host_name

if TYPE_CHECKING:
    from .hosts.mmselfsup import (
        BaseModel,
        DenseCL,
        MoCo,
        MultiView,
        SelfSupDataSample,
        get_model,
    )
    from .registry import (
        DATASETS,
        HOOKS,
        METRICS,
        MODELS,
        OPTIM_WRAPPERS,
        RUNNERS,
        TRANSFORMS,
    )

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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    is_registry = name.isupper()
    source = 'setsim_mm.registry' if is_registry else f'setsim_mm.hosts.{host_name()}'
    value = globals()[name] = getattr(import_module(source), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
