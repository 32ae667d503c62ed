"""Start a program by the server, and end as the program does.

``client.py ADDRESS EXECUTABLE ARGUMENTS`` is called by the script EXECUTABLE, which
stands for ``python``. It starts Python itself for what cannot be forked: options other
than ``-m`` and ``-u``, and programs that use a GPU.
"""

import json
import os
import signal
import socket
import sys
from contextlib import suppress

FORWARDED = (
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGUSR1,
    signal.SIGUSR2,
)


def main() -> None:
    """Send the request, forward signals, and wait for the end."""
    address, executable, *arguments = sys.argv[1:]
    program = arguments
    environment = dict(os.environ)
    if program[:1] == ['-u']:
        program = program[1:]
        environment['PYTHONUNBUFFERED'] = '1'
    known = program and (program[0] == '-m' or program[0][0] != '-')
    without_gpu = os.environ.get('CUDA_VISIBLE_DEVICES') == ''
    if not known or (os.path.exists('/dev/nvidia0') and not without_gpu):
        os.execv(sys.executable, [sys.executable, *arguments])
    request = dict(
        arguments=program,
        folder=os.getcwd(),
        environment=environment,
        executable=executable,
    )
    try:
        status = status_of(request, address)
    except (OSError, ValueError):
        with open(os.path.join(os.path.dirname(address), 'log')) as log:
            sys.exit(f'The server of forked programs has ended:\n{log.read()}')
    if status >= 0:
        sys.exit(status)
    if -status in FORWARDED:
        signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)


def status_of(request: dict, address: str) -> int:
    """Start the program, forward signals, and return its exit status."""
    # Signals wait until it is known where to send them.
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [b'.'], [0, 1, 2])
        connection.sendall(json.dumps(request).encode() + b'\n')
        with connection.makefile('rb') as answers:
            pid = int(answers.readline())

            def forward(number: int, frame: object) -> None:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

            for number in FORWARDED:
                signal.signal(number, forward)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
            return int(answers.readline())


main()
