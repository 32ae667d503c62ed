"""Find keys of a config that nothing reads, such as misspelt ones.

mmengine passes over them: ``modle = dict(queue_len=64)`` would train with the old
value. Keys inside ``model``, data sets and hooks are arguments, which their classes
check.
"""

import ast
import inspect
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config_errors import did_you_mean
from .errors import UserError

if TYPE_CHECKING:
    from mmengine.config import Config

# Read by mmengine beside the arguments of its Runner.
OF_MMENGINE = (
    'activation_checkpointing',
    'compile',
    'custom_imports',
    'efficient_conv_bn_eval',
    'find_unused_parameters',
    'model_wrapper_cfg',
    'runner_type',
    'sync_bn',
)
# Read by tools of OpenMMLab, or written into configs for other keys.
OF_TOOLS = ('strategy', 'tta_model', 'tta_pipeline', 'vis_backends')
OWN = (
    'allow_paths_outside',
    'data_folder',
    'fit_queue_to_images',
    'max_unreadable_share',
    'task',
)
# Entries that mmengine reads; it passes over others.
ENTRIES = dict(
    env_cfg=('cudnn_benchmark', 'dist_cfg', 'mp_cfg', 'resource_limit'),
    auto_scale_lr=('base_batch_size', 'enable'),
)
# Similarity of a key to a missing one that is taken for a mistake in any file. Names
# of variables in configs of OpenMMLab are below.
MISSPELT = 0.85


@cache
def keys_that_are_read() -> frozenset[str]:
    """Return the top-level keys of a training config that a part reads."""
    from mmengine.runner import Runner

    arguments = set(inspect.signature(Runner.__init__).parameters) - {'self', 'cfg'}
    return frozenset({*arguments, *OF_MMENGINE, *OF_TOOLS, *OWN})


def require_read_keys(cfg: 'Config', more: Iterable[str] = ()) -> None:
    """Raise an error if a config file sets a key that nothing reads.

    Variables that the file or its bases use are no such keys. Unused variables are
    allowed in base files, in configs that a run has written and in those of installed
    packages.

    Args:
        cfg (Config): A config, as it was read.
        more (Iterable[str]): Further keys that are read. Defaults to none.

    Raises:
        UserError: With the key that may be meant.
    """
    read = {*keys_that_are_read(), *more}
    unread = [key for key in cfg if key not in read and key[0] != '_']
    unused = [key for key in unread if not _is_used(key, cfg.text)]
    missing = [key for key in read if key not in cfg and key not in OF_TOOLS]
    own = _assigned_by_hand(cfg.filename)
    for key in unused:
        misspelt = get_close_matches(key, missing, cutoff=MISSPELT)
        if key in own or misspelt:
            raise UserError(
                f'the config {str(cfg.filename)!r} sets {key!r}, which nothing reads'
                f'{did_you_mean(key, read)}: correct the name, or remove it. Names '
                'that begin with "_" are free.'
            )
    _require_entries(cfg, repr(str(cfg.filename)))


def require_read_options(options: Mapping[str, Any], cfg: 'Config') -> None:
    """Raise an error if an option of the command line changes nothing.

    Args:
        options (Mapping[str, Any]): Options such as ``{'model.queue_len': 64}``.
        cfg (Config): The config that they were applied to.

    Raises:
        UserError: With the key that may be meant, or the places of the values of a
            variable, which the file has used already.
    """
    read = keys_that_are_read()
    for option in options:
        key, _, inside = option.partition('.')
        if key in read:
            continue
        name = inside.split('.')[0] if isinstance(cfg[key], dict) else key
        places = (
            [*_places(cfg.to_dict(), name, read)][:3] if _is_used(key, cfg.text) else []
        )
        advice = f'set {" or ".join(places)}.' if places else 'correct the name.'
        was_used = ', because the file has used its value already' if places else ''
        guess = '' if places else did_you_mean(key, read)
        raise UserError(
            f'--cfg-options {option}=... changes nothing: no part of a training reads '
            f'{key!r}{guess}{was_used}: {advice}'
        )
    _require_entries(cfg, '--cfg-options')


def _require_entries(cfg: 'Config', where: str) -> None:
    for key, entries in ENTRIES.items():
        value = cfg.get(key)
        for entry in value if isinstance(value, dict) else ():
            if entry not in entries:
                raise UserError(
                    f'{where} sets {key}.{entry}, which nothing reads'
                    f'{did_you_mean(entry, entries)}: {key} takes {", ".join(entries)}.'
                )


def _is_used(key: str, text: str) -> bool:
    """Return whether a name occurs in configs other than where it is assigned."""
    name = re.escape(key)
    assigned = len(re.findall(rf'^{name}\s*=', text, flags=re.MULTILINE))
    return len(re.findall(rf'\b{name}\b', text)) > assigned


def _assigned_by_hand(filename: str | None) -> set[str]:
    """Return the names that a config assigns, if a person has written it.

    Configs that a run has written, which have neither bases nor uses of variables, and
    those of installed packages are not by hand.
    """
    if filename is None or '.mim' in Path(filename).parts or filename[-3:] != '.py':
        return set()
    tree = ast.parse(Path(filename).read_text(encoding='utf-8'))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    used = {name.id for name in names if isinstance(name.ctx, ast.Load)} - {'dict'}
    assigned = {
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    return assigned if '_base_' in assigned or used & assigned else set()


def _places(part: Any, name: str, keys: Iterable[str], place: str = '') -> Any:
    """Yield the places of a name within some keys of a config."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        here = f'{place}.{key}' if place else str(key)
        if key == name and place:
            yield here
        if isinstance(value, dict | list | tuple) and (place or key in keys):
            yield from _places(value, name, keys, here)
