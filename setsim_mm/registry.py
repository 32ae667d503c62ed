"""The registry of matchers; everything else lives in mmselfsup's registries."""

import inspect
from functools import partial
from typing import Any

from mmengine.registry import Registry, build_from_cfg


def build_registered_matcher(cfg: dict, registry: Registry, **kwargs: Any) -> Any:
    """Build a matcher, naming the matchers there are when the asked one is not.

    Args:
        cfg (dict): ``dict(type='Set2SetMatcher', threshold=0.7)`` and the like. Of a
            registered function, the other items become its arguments.
        registry (Registry): The registry that was asked.
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


# The scope is mmselfsup's, so that configs under default_scope='mmselfsup' name
# matchers without a prefix. There is no parent: no sibling has matchers to look up.
MATCHERS = Registry(
    'matcher',
    scope='mmselfsup',
    build_func=build_registered_matcher,
    locations=['setsim_mm.models.matchers'],
)
