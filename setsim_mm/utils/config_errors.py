"""Explain errors for unknown types and wrong arguments in a config.

mmengine and Python put the name of the type or argument only into the message, and
the registry and the class only into the frames of the traceback.
"""

import inspect
import re
import traceback
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmengine.registry import Registry

UNKNOWN_TYPE = re.compile(r'(\S+) is not in the (?:\S+::)?(.+?) registry')
UNKNOWN_ARGUMENT = re.compile(
    r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'"
)
MISSING_ARGUMENT = re.compile(r'(\w+)\.__init__\(\) missing \d+ required .*?: (.+)')


def explain_unknown_type(error: KeyError) -> str | None:
    """Return a sentence about an unknown ``type`` in a config; None otherwise."""
    text = str(error.args[0]) if error.args else ''
    if 'must contain the key "type"' in text:
        return f'a part of the config has no `type`: {text.splitlines()[0]}.'
    match = UNKNOWN_TYPE.match(text)
    if match is None:
        return None
    name, kind = match.groups()
    registry = next(
        (frame.f_locals['registry'] for frame in _building_frames(error)), None
    )
    guess = _guess(name.split('.')[-1], [] if registry is None else _names(registry))
    return (
        f'the config asks for a {kind} of type {name!r}, which does not exist{guess}: '
        'correct the name, or import the file that registers it through '
        '`custom_imports` in the config.'
    )


def explain_arguments(error: TypeError) -> str | None:
    """Return a sentence about an unknown or missing argument; None otherwise."""
    unknown = UNKNOWN_ARGUMENT.search(str(error))
    if unknown:
        owner, argument = unknown.groups()
        called = _called_class(error, owner)
        if called is None:
            return f'{owner} does not accept the argument {argument!r}: leave it out.'
        accepted = accepted_arguments(called)
        return (
            f'{called.__name__} does not accept the argument {argument!r}'
            f'{_guess(argument, accepted)}: it accepts {", ".join(accepted)}.'
        )
    missing = MISSING_ARGUMENT.search(str(error))
    if missing:
        owner, arguments = missing.groups()
        return f'{owner} needs the argument {arguments}: add it to the config.'
    return None


def accepted_arguments(called: Callable) -> list[str]:
    """Return the arguments that a class and, through ``**kwargs``, its bases accept.

    Examples:
        >>> class Base:
        ...     def __init__(self, size): ...
        >>> class Derived(Base):
        ...     def __init__(self, colour, **kwargs): ...
        >>> accepted_arguments(Derived)
        ['colour', 'size']
    """
    classes = called.__mro__ if inspect.isclass(called) else [called]
    names: dict[str, None] = {}
    for cls in classes:
        if inspect.isclass(cls) and '__init__' not in vars(cls):
            continue
        parameters = inspect.signature(cls).parameters.values()
        names.update(
            (p.name, None)
            for p in parameters
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        )
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return list(names)


def _building_frames(error: BaseException) -> Iterable[FrameType]:
    """Return the active calls of mmengine's ``build_from_cfg``, innermost first."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return (f for f in reversed(frames) if f.f_code.co_name == 'build_from_cfg')


def _called_class(error: BaseException, owner: str) -> type | None:
    """Return the class in the config whose own or inherited ``__init__`` failed.

    Python's message names the class that defines ``__init__``, which may be a base.
    """
    for frame in _building_frames(error):
        called = frame.f_locals.get('obj_cls')
        bases = getattr(called, '__mro__', ())
        if owner in (base.__name__ for base in bases):
            return called
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    named = frames[-1].f_globals.get(owner) if frames else None
    return named if inspect.isclass(named) else None


def _names(registry: 'Registry') -> list[str]:
    names = list(registry.module_dict)
    return names if registry.parent is None else names + _names(registry.parent)


def _guess(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f' (did you mean {close[0]!r}?)' if close else ''
