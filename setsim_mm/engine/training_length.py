"""Change the length of a training, and its schedule and hooks with it."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from setsim_mm.utils.errors import UserError

if TYPE_CHECKING:
    from mmengine.config import Config

# Name of the option and of the setting, by the unit that a config counts.
OPTIONS = dict(epochs='max_epochs', iterations='max_iters')
FEWEST_ITERATIONS = 2  # the shortest schedule of mmengine that reaches its end
RECORDS = 10  # least number of training records in the log
# Entries of a schedule that are lengths, and those of hooks that are places in it.
LENGTHS = ('T_max', 'total_steps', 'step_size')
PLACES_IN_HOOKS = (
    'action_epoch',
    'begin_epoch',
    'begin_iter',
    'epoch_queue_starts',
    'num_last_epochs',
    'switch_epoch',
)


def set_training_length(
    cfg: 'Config', epochs: int | None = None, iterations: int | None = None
) -> None:
    """Set the length of a training, and move everything that depends on it.

    Warm-up, cosine and drops of the learning rate keep their share of the training. A
    warm-up has one epoch or two iterations at least, and half of the training at most.
    Checkpoints and evaluations are at most the whole training apart. The last step is
    evaluated.

    Args:
        cfg (Config): A training config; it is changed.
        epochs (int, optional): Number of epochs, at least 1. Defaults to None, the
            config's number.
        iterations (int, optional): Number of iterations, at least 2. Defaults to None,
            the config's number.

    Raises:
        UserError: If the number is too small, or if the config counts in the other
            unit.

    Examples:
        >>> from mmengine.config import Config
        >>> cosine = dict(type='CosineAnnealingLR', T_max=200, end=200)
        >>> cfg = dict(train_cfg=dict(max_epochs=200), param_scheduler=[cosine])
        >>> cfg = Config(cfg)
        >>> set_training_length(cfg, epochs=10)
        >>> cfg.train_cfg.max_epochs, cfg.param_scheduler[0].T_max
        (10, 10)
    """
    for unit, number in (('epochs', epochs), ('iterations', iterations)):
        if number is not None:
            _set_length(cfg, unit, number)


def schedule_of(cfg: Any) -> dict[str, Any]:
    """Return the settings that decide the learning rate at each step of a training.

    Args:
        cfg (Any): A config, or the settings in the text of one.

    Returns:
        dict[str, Any]: The schedules, and the length of the training if one of them
        ends with it. Empty without a schedule.
    """
    schedules = list(_schedules(cfg))
    if not schedules:
        return {}
    settings: dict[str, Any] = dict(param_scheduler=[dict(s) for s in schedules])
    if any(schedule.get('end') is None for schedule in schedules):
        length = cfg.get('train_cfg') or {}
        settings['train_cfg'] = {
            name: length[name] for name in OPTIONS.values() if name in length
        }
    return settings


def longer_schedule(cfg: 'Config') -> str | None:
    """Return a sentence if the learning rate is scheduled for more than the training.

    Args:
        cfg (Config): A training config.

    Returns:
        str | None: What happens and what to do; None if the two agree.
    """
    for unit, name in OPTIONS.items():
        length, scheduled = cfg.train_cfg.get(name), _end_of_schedule(cfg, unit)
        if length is not None and scheduled > length:
            return (
                f'The training has {length} {unit}, but its learning rate is scheduled '
                f'for {scheduled} and stays high: --{unit} {length} moves both.'
            )
    return None


def _set_length(cfg: 'Config', unit: str, number: int) -> None:
    least = 1 if unit == 'epochs' else FEWEST_ITERATIONS
    if number < least:
        raise UserError(f'--{unit} must be at least {least}, not {number}.')
    before = cfg.train_cfg.get(OPTIONS[unit])
    if before is None:
        (other,) = set(OPTIONS) - {unit}
        raise UserError(
            f'this config counts {other} and not {unit}: use --{other} instead of '
            f'--{unit}.'
        )
    # A length that was changed alone has left the schedule as it was.
    ratio = number / max(before, _end_of_schedule(cfg, unit))
    by_epoch = unit == 'epochs'

    def scaled(place: float) -> int:
        return round(place * ratio)

    cfg.train_cfg[OPTIONS[unit]] = number
    for name in ('val_interval', 'val_begin'):
        if cfg.train_cfg.get(name) is not None:
            cfg.train_cfg[name] = min(cfg.train_cfg[name], number)
    changes = cfg.train_cfg.get('dynamic_intervals') or []
    if changes:
        cfg.train_cfg.dynamic_intervals = [(scaled(at), n) for at, n in changes]
    for schedule in _schedules(cfg):
        of_epochs = schedule.get('by_epoch', True)
        end = number if of_epochs == by_epoch else None
        _move(schedule, _mapping(ratio, of_epochs, end))
    hooks = cfg.get('default_hooks') or {}
    saving, logging = hooks.get('checkpoint'), hooks.get('logger')
    if saving and saving.get('by_epoch', True) == by_epoch:
        saving.interval = min(saving.get('interval', number), number)
    if logging and not by_epoch:
        interval = max(1, number // RECORDS)
        logging.interval = min(logging.get('interval', interval), interval)
    _scale_places(cfg.get('custom_hooks') or [], scaled)


def _end_of_schedule(cfg: 'Config', unit: str) -> int:
    """Return the last end of schedules that count in a unit; 0 if none has an end."""
    ends = [
        schedule.get('end') or 0
        for schedule in _schedules(cfg)
        if schedule.get('by_epoch', True) == (unit == 'epochs')
    ]
    return max(ends, default=0)


def _mapping(ratio: float, by_epoch: bool, end: int | None) -> Callable[[float], float]:
    """Return the new place in a schedule of an old one.

    Args:
        ratio (float): The length of the new schedule to that of the old one.
        by_epoch (bool): Whether the places are epochs, otherwise iterations.
        end (int | None): The new end of the training, if it is known in this unit.
    """
    least = 1 if by_epoch else FEWEST_ITERATIONS

    def place(old: float) -> float:
        if old <= 0:
            return 0
        new = max(least, round(old * ratio))
        if end is None or old * ratio >= end or new < end:
            return new
        return end / 2 if by_epoch else max(least, end // 2)

    return place


def _move(schedule: dict, place: Callable[[float], float]) -> None:
    """Change the places and the lengths in a schedule."""
    start = schedule.get('begin', 0)
    for name in LENGTHS:
        if schedule.get(name) is not None:
            schedule[name] = place(start + schedule[name]) - place(start)
    if 'begin' in schedule:
        schedule['begin'] = place(start)
    begin, end = schedule.get('begin', 0), schedule.get('end')
    if end is not None:
        by_epoch = schedule.get('by_epoch', True)
        shortest = 0.5 if by_epoch else FEWEST_ITERATIONS
        schedule['end'] = max(place(end), begin + shortest)
        if by_epoch and schedule['end'] - begin < FEWEST_ITERATIONS:
            # Schedules of mmengine do nothing in a single step.
            schedule['convert_to_iter_based'] = True
    for name in ('milestones', 'periods'):
        if schedule.get(name) is not None:
            schedule[name] = [place(old) for old in schedule[name]]


def _schedules(cfg: Any) -> Iterator[dict]:
    """Yield all schedules; a config has one, a list, or a list for each optimizer."""

    def walk(part: Any) -> Iterator[dict]:
        if isinstance(part, dict) and 'type' in part:
            yield part
        elif isinstance(part, dict | list | tuple):
            for item in part.values() if isinstance(part, dict) else part:
                yield from walk(item)

    yield from walk(cfg.get('param_scheduler'))


def _scale_places(part: Any, scaled: Callable[[float], int]) -> None:
    """Change the places in the schedule that hooks have, at any depth, in place."""
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        if isinstance(value, dict | list):
            _scale_places(value, scaled)
        elif key in PLACES_IN_HOOKS and isinstance(value, int) and value > 0:
            part[key] = max(1, scaled(value))
