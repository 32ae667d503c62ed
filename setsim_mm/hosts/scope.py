"""Registries that find the types of this package and of its host in one scope."""

from collections.abc import Callable
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from mmengine.registry import Registry

from .choice import host_name, is_host

SCOPE = 'setsim_mm'


@cache
def stand_ins() -> tuple[str, ...]:
    """Return the scopes for which :data:`SCOPE` stands in.

    Configs that were written for MMSelfSup name its scope. Without MMSelfSup that scope
    is another name of this package's.
    """
    return () if is_host('mmselfsup') else ('mmselfsup',)


@cache
def mmcls_is_installed() -> bool:
    """Return whether MMClassification has its own scope."""
    return find_spec('mmcls') is not None


class HostRegistry(Registry):
    """A registry in the scope of this package that continues in the host's.

    What this package registers goes to the registry of the host, whose own configs and
    commands find it there. Held here are only *bridges*: classes with the name and the
    arguments that MMSelfSup gives them, where the class of the host differs.

    Args:
        parent (Registry): Registry of mmengine, the parent of this one and of the
            host's.
    """

    def __init__(self, parent: Registry) -> None:
        super().__init__(parent.name, parent=parent, scope=SCOPE)
        for scope in stand_ins():
            # setdefault: MMSelfSup may have been imported before.
            parent.children.setdefault(scope, self)
        if not mmcls_is_installed():
            _OldScope(parent, 'mmcls', self)

    @cached_property
    def host(self) -> Registry:
        """The host's registry of the same kind; mmengine's if the host has none."""
        registries = import_module(f'{host_name()}.registry')
        for registry in vars(registries).values():
            if isinstance(registry, Registry) and registry.parent is self.parent:
                return registry
        return self.parent

    @property
    def bridges(self) -> dict[str, Any]:
        """The bridges by their names. The first use imports them."""
        if not self._imported:
            self._imported = True
            host = import_module(f'setsim_mm.hosts.{host_name()}')
            for module in host.BRIDGES.get(self.name, ()):
                import_module(module)
        return self._module_dict

    @property
    def module_dict(self) -> dict[str, Any]:
        """All types by their names: the host's, and the bridges in their place."""
        return {**self.host.module_dict, **self.bridges}

    def get(self, key: str) -> Any:
        """Return a bridge, or what the host's registry finds; None for nothing."""
        scope, name = self.split_scope_key(key)
        if scope == SCOPE or scope in stand_ins():
            key = name
        return self.bridges.get(key) or self.host.get(key)

    def import_from_location(self) -> None:
        """Import the modules that register types, as mmengine's registries do."""
        _ = self.bridges
        self.host.import_from_location()

    def register_bridge(self, bridge: Callable) -> Callable:
        """Register a class for this scope only (a decorator)."""
        self._module_dict[bridge.__name__] = bridge
        return bridge

    def _register_module(self, *args: Any, **kwargs: Any) -> None:
        self.host._register_module(*args, **kwargs)

    def _search_child(self, scope: str) -> Registry | None:
        if scope == SCOPE or scope in stand_ins():
            return self
        return super()._search_child(scope)


class _OldScope(Registry):
    """The scope of MMClassification, whose types MMPretrain has under the same names.

    Args:
        parent (Registry): Registry of mmengine.
        scope (str): The scope.
        registry (HostRegistry): The registry that knows the host's.
    """

    def __init__(self, parent: Registry, scope: str, registry: HostRegistry) -> None:
        super().__init__(parent.name, parent=parent, scope=scope)
        self._registry = registry

    def get(self, key: str) -> Any:
        """Return what the host's registry finds, else a bridge; None for nothing."""
        name = key.removeprefix(f'{self.scope}.')
        return self._registry.host.get(name) or self._registry.bridges.get(name)
