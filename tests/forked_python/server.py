"""Import the heavy packages once, and fork for each program.

``python -m tests.forked_python.server NUMBER`` accepts connections of ``client.py`` at
a listening socket, whose file descriptor is the number. It ends when its standard input
does.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from tests.config_text import format_each_text_once

# None of them starts a thread, which would be missing in the forked process. Modules
# that are run by ``-m`` are left out: Python warns if they are imported before.
PACKAGES = (
    'torch',
    'torch.distributed.launcher',
    'torchvision',
    'matplotlib.pyplot',
    'pandas',
    'sklearn.linear_model',
    'mmengine.runner',
    *(
        f'{package}.{part}'
        for package in ('mmselfsup', 'mmpretrain', 'mmdet', 'mmseg')
        for part in ('datasets', 'engine', 'evaluation', 'models', 'visualization')
    ),
)


class Request(NamedTuple):
    """Request of a client."""

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    executable: str
    streams: list[int]


def import_packages() -> None:
    """Import the packages that are installed."""
    # pandas imports it if it is installed, and it starts threads. Programs import it
    # when they read or write .parquet files.
    sys.modules['pyarrow'] = None
    for name in PACKAGES:
        if find_spec(name.split('.')[0]):
            importlib.import_module(name)
    del sys.modules['pyarrow']
    format_each_text_once()
    assert len(os.listdir('/proc/self/task')) == 1
    gc.collect()
    gc.freeze()  # the collector does not write to what the processes share


def read_request(connection: socket.socket) -> Request:
    """Receive the streams with the first byte, and then a line of JSON."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile('rb') as file:
        return Request(**json.loads(file.readline()), streams=streams)


def wait_for(pid: int, connection: socket.socket) -> None:
    """Send the exit status of a process. Kill its group if the client ends first."""
    connection.sendall(b'%d\n' % pid)
    ended = os.pidfd_open(pid)
    readable, _, _ = select.select([ended, connection], [], [])
    if ended not in readable:
        os.killpg(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(OSError):
        connection.sendall(b'%d\n' % status)


def serve(listener: socket.socket) -> Request:
    """Fork twice for each connection: the program, and a process that waits for it.

    Returns:
        Request: In the process of the program.
    """
    while True:
        readable, _, _ = select.select([0, listener], [], [])
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass  # no zombies
        if 0 in readable:
            os._exit(0)
        connection, _ = listener.accept()
        with connection:
            if os.fork() > 0:
                continue
            listener.close()
            request = read_request(connection)
            pid = os.fork()
            if pid == 0:
                os.setpgid(0, 0)
                return request
            with suppress(PermissionError, ProcessLookupError):  # as the program does
                os.setpgid(pid, pid)
            for stream in request.streams:
                os.close(stream)
            wait_for(pid, connection)
            os._exit(0)


def run(request: Request) -> None:
    """Run a script or a module (``-m``) as Python would in a new process."""
    for number, stream in enumerate(request.streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    np.random.seed()  # as in a new process; Python's module does so itself
    sys.executable = request.executable
    sys.orig_argv = [request.executable, *request.arguments]
    if 'PYTHONUNBUFFERED' in os.environ:
        sys.stdout.reconfigure(write_through=True)
    option, *arguments = request.arguments
    if option == '-m':
        sys.path[0] = request.folder
        sys.argv = arguments
        runpy.run_module(arguments[0], run_name='__main__', alter_sys=True)
        return
    script = Path(option)
    sys.path[0] = str(script.resolve().parent)
    sys.argv = request.arguments
    main = sys.modules['__main__'] = ModuleType('__main__')
    main.__file__ = option
    exec(compile(script.read_bytes(), option, 'exec'), main.__dict__)


def end_after(function: Callable[..., None], *arguments: object) -> None:
    """Call a function, and end the process as Python does when it returns or raises.

    Modules are not taken down, which takes a second.
    """
    status = 0
    try:
        function(*arguments)
    except SystemExit as end:
        if isinstance(end.code, int):
            status = end.code
        elif end.code is not None:
            print(end.code, file=sys.stderr)
            status = 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        status = 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    threading._shutdown()  # waits for threads
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(status)


if __name__ == '__main__':
    import_packages()
    end_after(run, serve(socket.socket(fileno=int(sys.argv[1]))))
