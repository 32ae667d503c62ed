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

FORWARDED = ('SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2')


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
    # Signals wait until it is known where to send them.
    numbers = [signal.Signals[name] for name in FORWARDED]
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [b'.'], [0, 1, 2])
        connection.sendall(json.dumps(request).encode() + b'\n')
        with connection.makefile('rb') as answers:
            pid = int(answers.readline())
            for number in numbers:
                signal.signal(number, lambda number, frame: os.kill(pid, number))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
            status = int(answers.readline())
    if status >= 0:
        sys.exit(status)
    if -status in numbers:
        signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)


main()
