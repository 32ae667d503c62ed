"""Run a function after a module was imported, whoever imports it and whenever."""

import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

Action = Callable[[ModuleType], object]


class _Finder(MetaPathFinder):
    """Finds awaited modules as the other finders do, and adds to what loads them."""

    def __init__(self) -> None:
        self.actions: dict[str, list[Action]] = defaultdict(list)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return the spec of an awaited module; None leaves it to other finders."""
        if fullname not in self.actions:
            return None
        specs = (
            finder.find_spec(fullname, path, target)
            for finder in sys.meta_path
            if finder is not self and hasattr(finder, 'find_spec')
        )
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and spec.loader is not None:
            self._extend(spec)
        return spec

    def _extend(self, spec: ModuleSpec) -> None:
        """Let the loader of one module run the actions after the module's own code."""
        load = spec.loader.exec_module

        def load_and_act(module: ModuleType) -> None:
            load(module)
            for action in self.actions[spec.name]:
                action(module)

        # The loader belongs to this module alone, and keeps its type: what reads
        # sources and data files of packages asks for it.
        spec.loader.exec_module = load_and_act  # type: ignore[method-assign]


_finder = _Finder()


def after_import(name: str, action: Action) -> None:
    """Run an action on a module after each time that its code was executed.

    If the module is imported already, the action runs at once. Otherwise it runs
    before the import statement returns to anybody, in the thread that imports. If the
    action fails, so does the import.

    Args:
        name (str): Full name of the module.
        action (Callable): Takes the module. A second run must do no harm: the module
            may be reloaded.

    Examples:
        >>> after_import('colorsys', lambda module: print('imported', module.__name__))
        >>> import colorsys
        imported colorsys
    """
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    _finder.actions[name].append(action)
    if name in sys.modules:
        # Not sys.modules[name]: another thread may still be importing it.
        action(import_module(name))
