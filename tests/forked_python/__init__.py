"""A Python that starts at once, because it has imported the heavy packages already.

:func:`forked_python` returns the path of a program that is called like ``python``. A
server (``server.py``) imports torch and OpenMMLab's packages once, and forks for each
program. The program that is called (``client.py``) sends it the arguments, the folder,
the environment and the standard streams, forwards signals, and ends as the forked
process does. So the program runs in a process of its own, and the programs that it
starts by ``sys.executable`` or ``$PYTHON`` are forked, too.

One thing differs from ``sys.executable``: imports that a program forgets are not
noticed. Each command has a test that starts it in a new interpreter.
"""

import atexit
import os
import shlex
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
REPO = HERE.parents[1]


def environment() -> dict[str, str]:
    """Return the environment variables of a process that imports the package.

    It has one thread, because more do not help small models, and uses no GPU.
    """
    path = os.pathsep.join(filter(None, [str(REPO), os.environ.get('PYTHONPATH')]))
    one_thread = dict(OMP_NUM_THREADS='1', MKL_NUM_THREADS='1')
    return os.environ | dict(PYTHONPATH=path, CUDA_VISIBLE_DEVICES='', **one_thread)


class Server:
    """The server, which ends when this process does, and the program that uses it."""

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix='forked_python_')
        log, address, program = (
            Path(self.folder.name, name) for name in ('log', 'socket', 'python')
        )
        client = [sys.executable, '-I', '-S', HERE / 'client.py', address, program]
        command = shlex.join(map(str, client))
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)
        self.program = str(program)
        with socket.socket(socket.AF_UNIX) as listener, log.open('w') as output:
            listener.bind(str(address))
            listener.listen(64)
            listener_number = str(listener.fileno())
            self.process = subprocess.Popen(
                [sys.executable, '-m', 'tests.forked_python.server', listener_number],
                cwd=REPO,
                env=environment(),
                pass_fds=[listener.fileno()],
                stdin=subprocess.PIPE,  # closed when this process ends
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        atexit.register(self.close)

    def close(self) -> None:
        """End the server; running programs end by themselves."""
        self.process.communicate()
        self.folder.cleanup()


@cache
def _server() -> Server:
    return Server()


def forked_python() -> str:
    """Return the path of the program. The first call starts the server."""
    return _server().program
