"""The registries of this package, in its own scope ``setsim_mm``.

The registry of matchers is its own. The others continue in the registries of the host
(:class:`~setsim_mm.hosts.scope.HostRegistry`), which is imported when one of them is
first asked for a type.
"""

import inspect
import sys
from functools import partial
from typing import Any

from mmengine.registry import Registry, build_from_cfg, root

from .hosts.scope import SCOPE, HostRegistry, stand_ins


def build_registered_matcher(cfg: dict, registry: Registry, **kwargs: Any) -> Any:
    """Build a matcher, or raise an error that lists the known matchers.

    Args:
        cfg (dict): Such as ``dict(type='Set2SetMatcher', threshold=0.7)``. If the type
            is a registered function, the other items are its arguments.
        registry (Registry): The registry of matchers.
        **kwargs: Passed on to :func:`mmengine.registry.build_from_cfg`.

    Returns:
        Any: The matcher.

    Raises:
        TypeError: If the config is no dict.
        ValueError: If no matcher has that name.
    """
    if not isinstance(cfg, dict):
        raise TypeError(
            "A matcher's config is a dict such as dict(type='Set2SetMatcher'), not "
            f'{cfg!r}.'
        )
    name = cfg.get('type')
    if not isinstance(name, str):  # a class itself
        return build_from_cfg(cfg, registry=registry, **kwargs)
    if registry.get(name) is None:
        known = ', '.join(sorted(registry.module_dict))
        raise ValueError(
            f'There is no matcher named {name!r}; choose one of {known}, or import '
            'the file that registers yours through `custom_imports` in the config.'
        )
    if inspect.isfunction(registered := registry.get(name)):
        arguments = {key: value for key, value in cfg.items() if key != 'type'}
        return partial(registered, **arguments)
    return build_from_cfg(cfg, registry=registry, **kwargs)


# Prefixes of matchers in configs.
SCOPES = (SCOPE, 'mmselfsup', 'mmpretrain')


class MatcherRegistry(Registry):
    """Registry of matchers, the same one in every scope: no library has others."""

    def get(self, key: str) -> Any:
        """Return a matcher by its name, with or without a scope; None for nothing."""
        scope, name = self.split_scope_key(key)
        return super().get(name if scope in SCOPES else key)

    def _search_child(self, scope: str) -> Registry:
        return self


MATCHERS = MatcherRegistry(
    'matcher',
    scope=SCOPE,
    build_func=build_registered_matcher,
    locations=['setsim_mm.models.matchers'],
)

DATASETS = HostRegistry(root.DATASETS)
DATA_SAMPLERS = HostRegistry(root.DATA_SAMPLERS)
EVALUATOR = HostRegistry(root.EVALUATOR)
HOOKS = HostRegistry(root.HOOKS)
LOG_PROCESSORS = HostRegistry(root.LOG_PROCESSORS)
LOOPS = HostRegistry(root.LOOPS)
METRICS = HostRegistry(root.METRICS)
MODELS = HostRegistry(root.MODELS)
MODEL_WRAPPERS = HostRegistry(root.MODEL_WRAPPERS)
OPTIMIZERS = HostRegistry(root.OPTIMIZERS)
OPTIM_WRAPPERS = HostRegistry(root.OPTIM_WRAPPERS)
OPTIM_WRAPPER_CONSTRUCTORS = HostRegistry(root.OPTIM_WRAPPER_CONSTRUCTORS)
PARAM_SCHEDULERS = HostRegistry(root.PARAM_SCHEDULERS)
RUNNERS = HostRegistry(root.RUNNERS)
RUNNER_CONSTRUCTORS = HostRegistry(root.RUNNER_CONSTRUCTORS)
STRATEGIES = HostRegistry(root.STRATEGIES)
TASK_UTILS = HostRegistry(root.TASK_UTILS)
TRANSFORMS = HostRegistry(root.TRANSFORMS)
VISBACKENDS = HostRegistry(root.VISBACKENDS)
VISUALIZERS = HostRegistry(root.VISUALIZERS)
WEIGHT_INITIALIZERS = HostRegistry(root.WEIGHT_INITIALIZERS)

# mmengine imports the module `registry` of each scope that a config names.
for _scope in stand_ins():
    sys.modules.setdefault(f'{_scope}.registry', sys.modules[__name__])
