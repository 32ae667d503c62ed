"""Packages that import a module when one of its names is first used (PEP 562)."""

import ast
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any


def import_on_demand(
    package: str, file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the functions by which a package imports its names on first use.

    The package has its usual import statements under ``if TYPE_CHECKING:``, where type
    checkers and editors read them and Python skips them. They are read here from the
    source, so that no second list of names is needed. ``from package import name`` then
    executes the one statement that imports the name.

    Args:
        package (str): ``__name__`` of the package, or of a module.
        file (str): Its ``__file__``.

    Returns:
        tuple[Callable, Callable]: Its ``__getattr__`` and ``__dir__``.
    """
    origins = {
        alias.asname or alias.name: ('.' * node.level + (node.module or ''), alias.name)
        for node in _imports_for_type_checkers(file)
        for alias in node.names
    }

    def __getattr__(name: str) -> Any:
        if name not in origins:
            raise AttributeError(f'module {package!r} has no attribute {name!r}')
        module, original = origins[name]
        value = getattr(import_module(module, package), original)
        setattr(sys.modules[package], name, value)  # __getattr__ is not called again
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *origins})

    return __getattr__, __dir__


def _imports_for_type_checkers(file: str) -> Iterator[ast.ImportFrom]:
    for block in ast.parse(Path(file).read_text(encoding='utf-8')).body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == 'TYPE_CHECKING':
            for statement in block.body:
                if isinstance(statement, ast.ImportFrom):
                    yield statement
