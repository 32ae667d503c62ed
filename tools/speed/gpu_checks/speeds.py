"""Speed and memory: the measurements of speed.py, and the forms of the set loss."""

from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from statistics import median

import pandas as pd

from measurements import added_peak_memory, as_text, time_in_turn
from measurements.inputs import loss_inputs
from measurements.loss import SETS, forward_and_backward, make_correspondence
from measurements.options import add_defaults_of_machine, add_options
from setsim_mm.models.losses import bank, set_contrastive_loss
from setsim_mm.runs import markdown_of

from .check import Measured, Setting

# Options of each measurement in small sizes.
TINY_STEP = (
    *('--depth', '18', '--base-channels', '8'),
    *('--batch', '2', '--size', '64', '--queue', '64'),
)
TINY = {
    'loss': ('--images', '2', '--sides', '3', '--dim', '8', '--length', '100'),
    'scale': ('--dim', '4', '--largest', '4096'),
    'step': TINY_STEP,
    'parts': TINY_STEP,
}


def forms_of_the_loss(setting: Setting) -> Iterator[Measured | str]:
    """Time the forms of the set loss, forward and backward."""
    setting.need_time()
    images, side, dim, length = (2, 4, 16, 96) if setting.tiny else (32, 7, 128, 2**16)
    forms = {
        f'tiles of {bank.LOGITS_AT_ONCE} logits': {'max_logits': bank.LOGITS_AT_ONCE},
        'tiles by memory': {},
        'all rows': {'count_rows': False},
    }
    if setting.on_gpu:
        forms['attention'] = {'gpu_attention': True}
        forms['attention, all rows'] = {'gpu_attention': True, 'count_rows': False}
        forms['attention in bfloat16'] = {'gpu_attention': True, 'bfloat16_bank': True}
    rows = []
    for share in (SETS, 0.7):
        correspondence = make_correspondence(images, side, share)
        inputs = loss_inputs(images, side, dim, length, correspondence, setting.device)
        work = {
            form: partial(
                forward_and_backward, partial(set_contrastive_loss, **options), inputs
            )
            for form, options in forms.items()
        }
        repeats = 1 if setting.tiny else 20
        times = time_in_turn(work, repeats, warmup=1, device=setting.device)
        rows += [
            {
                'form': form,
                'rows': share,
                'ms': 1e3 * median(taken),
                'added MB': added_peak_memory(work[form], setting.device) / 1e6,
            }
            for form, taken in times.items()
        ]
    table = pd.DataFrame(rows)
    fastest = table.loc[table['ms'].idxmin()]
    yield Measured('fastest form, ms', float(fastest['ms']), note=fastest['form'])
    legend = (
        f'{images} images of {side}x{side} positions, {length} negatives; forward and '
        'backward, median. *Rows* is the share of positions with a positive.'
    )
    yield markdown_of('Forms of the set loss', as_text(table), legend)


def loss(setting: Setting) -> Iterator[Measured | str]:
    """Run `speed.py loss`."""
    yield from _speed(setting, 'loss')


def scale(setting: Setting) -> Iterator[Measured | str]:
    """Run `speed.py scale`."""
    yield from _speed(setting, 'scale', '--repeats', '3')


def step(setting: Setting) -> Iterator[Measured | str]:
    """Run `speed.py step`."""
    yield from _speed(setting, 'step', '--repeats', '5')


def step_in_mixed_precision(setting: Setting) -> Iterator[Measured | str]:
    """Run `speed.py step --amp`."""
    yield from _speed(setting, 'step', '--repeats', '5', '--amp')


def parts(setting: Setting) -> Iterator[Measured | str]:
    """Run `speed.py parts`."""
    yield from _speed(setting, 'parts', '--repeats', '5')


def _speed(setting: Setting, name: str, *options: str) -> Iterator[Measured | str]:
    """Run a measurement of speed.py and return its table."""
    setting.need_time()
    module = import_module(f'measurements.{name}')
    parser = ArgumentParser()
    add_options(parser, name)
    known = {action.option_strings[0] for action in parser._actions}
    given: Sequence[str] = options
    if setting.tiny:
        given = [*TINY[name], *options, '--repeats', '1']
    if '--configs' in known:
        given = [*given, '--configs', str(setting.configs)]
    args = parser.parse_args([*given, '--device', str(setting.device)])
    add_defaults_of_machine(args)
    table = module.measure(args)
    title, _, legend = module.__doc__.partition('\n')
    command = ' '.join(['speed.py', name, *options])
    if 'time' in table:
        for _, row in table.iterrows():
            against = f'time against {row["against"]}'
            yield Measured(f'{row["method"]}, {against}', float(row['time']))
    elif 'times faster' in table:
        least = table['times faster'].min()
        yield Measured('least speed-up against the dense form', float(least))
    yield markdown_of(
        f'{title.rstrip(".")} (`{command}`)', as_text(table), legend.strip()
    )
