"""The registry of matchers. Everything else is in the registries of mmselfsup."""

import inspect
from functools import partial
from typing import Any

from mmengine.registry import Registry, build_from_cfg


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


# The scope is mmselfsup's, so that configs under default_scope='mmselfsup' name
# matchers without a prefix. There is no parent: no sibling has matchers to look up.
MATCHERS = Registry(
    'matcher',
    scope='mmselfsup',
    build_func=build_registered_matcher,
    locations=['setsim_mm.models.matchers'],
)
