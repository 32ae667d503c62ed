"""The command ``setsim``: pre-train in one line, and the programs beside it."""

import argparse
import os
import sys
from collections.abc import Sequence

from setsim_mm.utils import (
    add_config_options,
    add_traceback_option,
    sentences_for_errors,
)
from setsim_mm.utils.config_errors import did_you_mean
from setsim_mm.utils.errors import UserError

from .programs import PROGRAMS, find_program, run_program

PRETRAIN = 'pretrain'
PRETRAIN_SUMMARY = 'pre-train SetSim on a folder of images'


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command.

    Args:
        arguments (Sequence[str], optional): Defaults to None, those of the process.
    """
    # PyTorch reads this when it is loaded. Threads that wait in a busy loop make
    # training several times slower if another program uses a core.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments or arguments[0] in ('-h', '--help'):
        print(help_text())
        return
    if arguments[0] == '--version':
        from setsim_mm import __version__

        print(__version__)
        return
    with sentences_for_errors('--traceback' in arguments):
        if arguments[0] == PRETRAIN:
            _pretrain(arguments[1:])
            return
        found = find_program(arguments)
        if found is None:
            first = arguments[0]
            known = [PRETRAIN, *(name.split()[0] for name in PROGRAMS)]
            raise UserError(
                f'there is no `setsim {first}`{did_you_mean(first, known)}: '
                '`setsim --help` lists the commands.'
            )
        run_program(*found)


def help_text() -> str:
    """Return the list of commands."""
    summaries = {PRETRAIN: PRETRAIN_SUMMARY}
    summaries |= {name: program.summary for name, program in PROGRAMS.items()}
    lines = [f'  {name:<22}{summary}' for name, summary in summaries.items()]
    return '\n'.join(
        [
            'usage: setsim COMMAND ...',
            '',
            'Dense self-supervised pre-training. The commands:',
            *lines,
            '',
            '`setsim COMMAND --help` lists the options of a command.',
        ]
    )


def _pretrain(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(
        prog=f'setsim {PRETRAIN}',
        description='Pre-train SetSim on a folder of images. Settings that are not '
        'given are chosen by the machine and the number of images. The same command '
        'goes on with an interrupted training.',
    )
    parser.add_argument(
        '--data', required=True, metavar='FOLDER', help='images, also in subfolders'
    )
    parser.add_argument(
        '--out',
        '--work-dir',
        required=True,
        metavar='FOLDER',
        help='output folder, such as work_dirs/mine',
    )
    parser.add_argument(
        '--arch', help='network, such as resnet50 (default: by the machine)'
    )
    parser.add_argument(
        '--from-weights',
        metavar='FILE',
        help='start from the backbone in this checkpoint of this or another project',
    )
    parser.add_argument('--epochs', type=int, metavar='N', help='number of epochs')
    parser.add_argument('--batch-size', type=int, metavar='N', help='images of a step')
    parser.add_argument(
        '--channels',
        type=int,
        metavar='N',
        help='number of channels of images such as 16-bit grey (1) or GeoTIFF, whose '
        'mean and std are measured (default: 8-bit RGB photographs)',
    )
    add_config_options(parser, 'override parts of the config')
    add_traceback_option(parser)
    options = vars(parser.parse_args(arguments))
    del options['traceback']

    from setsim_mm.apis import pretrain

    pretrain(**options)
