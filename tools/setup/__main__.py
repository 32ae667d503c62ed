"""Bring `.venv` to a level: `python -m tools.setup {pretrain,test}`."""

import argparse
import os
import signal
import sys
from pathlib import Path

from .commands import SetupError
from .environment import Environment
from .levels import LEVELS, prepare

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Parse the arguments, set up, and turn a failure into one sentence."""
    parser = argparse.ArgumentParser(prog='python -m tools.setup', description=__doc__)
    parser.add_argument('level', choices=LEVELS)
    parser.add_argument(
        '--remake-for-python',
        action='store_true',
        help='remake an existing .venv that has another Python than this one',
    )
    arguments = parser.parse_args()
    # A killed set-up ends like one stopped with Ctrl-C: what it started is stopped
    # and what it began in temporary folders is removed.
    for killed in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(killed, signal.default_int_handler)
    environment = Environment(PROJECT / '.venv')
    try:
        prepare(environment, PROJECT, arguments.level, arguments.remake_for_python)
    except SetupError as error:
        print(f'\nset-up: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            '\nset-up: stopped; run the same command again and it goes on.',
            file=sys.stderr,
        )
        return 128 + signal.SIGINT
    return 0


if __name__ == '__main__':
    # Colour codes and progress bars of the tools below would fill the log.
    os.environ.setdefault('NO_COLOR', '1')
    sys.exit(main())
