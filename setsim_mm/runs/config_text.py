"""Read the text of a config that a run has written, without executing it.

A config is a Python program. The text that training writes into its folder and its
checkpoints is a list of assignments of plain values, and is parsed as such, because
folders and checkpoints may come from anywhere.
"""

import ast
from typing import Any


def read_config_text(text: str) -> dict[str, Any]:
    r"""Return the values in the text of a config that mmengine has dumped.

    Args:
        text (str): ``Config.pretty_text``, or the content of a dumped ``config.py``.

    Returns:
        dict[str, Any]: The values by name. An expression that is not a plain value is
        returned as its text.

    Raises:
        ValueError: If the text is not Python.

    Examples:
        >>> read_config_text("model = dict(type='MoCo', sizes=[7, 7])\nresume = False")
        {'model': {'type': 'MoCo', 'sizes': [7, 7]}, 'resume': False}
        >>> read_config_text("a = print('not run')")
        {'a': "print('not run')"}
    """
    try:
        statements = ast.parse(text).body
        return {
            target.id: _value(statement.value)
            for statement in statements
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f'not the text of a config ({error})') from error


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Call(func=ast.Name(id='dict'), args=[], keywords=keywords):
            return {pair.arg: _value(pair.value) for pair in keywords}
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {_key(key): _value(value) for key, value in pairs}
        case ast.List(elts=parts):
            return [_value(part) for part in parts]
        case ast.Tuple(elts=parts):
            return tuple(_value(part) for part in parts)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return ast.unparse(node)


def _key(node: ast.expr | None) -> Any:
    key = None if node is None else _value(node)
    return (
        key if isinstance(key, str | int | float | bool | None) else ast.unparse(node)
    )
