"""Run a function whenever a module is imported."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Action = Callable[[ModuleType], object]

_actions: dict[str, list[Action]] = {}


def after_import(name: str, action: Action) -> None:
    """Run an action on a module after each execution of its code.

    If the module is imported already, the action runs at once. Otherwise it runs
    before the import statement returns, in the thread that imports. If the
    action fails, so does the import.

    Args:
        name (str): Full name of the module.
        action (Callable): Takes the module. To run it twice on one module must do no
            harm. It must not import what may be importing that module right now.

    Examples:
        >>> after_import('colorsys', lambda module: print('imported', module.__name__))
        >>> import colorsys
        imported colorsys
    """
    _actions.setdefault(name, []).append(action)
    if name in sys.modules:
        # Not sys.modules[name]: another thread may still be importing it.
        action(import_module(name))


class _Finder(MetaPathFinder):
    """Finds the modules that have actions, through the other finders."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname not in _actions:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, 'find_spec'):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:  # it is not a folder without __init__.py
                    spec.loader = _Loader(spec, spec.loader)
                return spec
        return None


class _Loader(Loader):
    """Loads a module as its own loader does, and runs the actions."""

    def __init__(self, spec: ModuleSpec, loader: Loader) -> None:
        self.spec = spec
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        # The module must see its own loader.
        self.spec.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        for action in _actions[self.spec.name]:
            action(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)


sys.meta_path.insert(0, _Finder())
