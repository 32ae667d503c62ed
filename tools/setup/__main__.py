"""Install the packages of a host: `python -m tools.setup {pretrain,test} HOST`."""

import argparse
import os
import signal
import sys
from pathlib import Path

from .commands import SetupError
from .environment import Environment
from .hosts import HOSTS, LEVELS
from .levels import prepare

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Parse the arguments and set up; print a failure as one sentence."""
    parser = argparse.ArgumentParser(prog='python -m tools.setup', description=__doc__)
    parser.add_argument('level', choices=LEVELS)
    parser.add_argument('host', choices=HOSTS, nargs='?', default='mmselfsup')
    parser.add_argument(
        '--remake-for-python',
        action='store_true',
        help='remake an existing environment with a different Python version',
    )
    arguments = parser.parse_args()
    # Signals stop the set-up like Ctrl-C: its child processes are stopped and its
    # temporary folders are removed.
    for killed in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(killed, signal.default_int_handler)
    host = HOSTS[arguments.host]
    environment = Environment(host.environment(PROJECT))
    try:
        prepare(
            environment, PROJECT, arguments.level, arguments.remake_for_python, host
        )
    except SetupError as error:
        print(f'\nset-up: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            '\nset-up: stopped; run the same command again to continue.',
            file=sys.stderr,
        )
        return 128 + signal.SIGINT
    return 0


if __name__ == '__main__':
    # Without colour codes in the log.
    os.environ.setdefault('NO_COLOR', '1')
    sys.exit(main())
