"""torchrun without the traceback of its own that hides what its processes said.

tools/dist_train.sh runs this file by its path, so that starting does not wait for the
whole package to be imported. The arguments are torchrun's.
"""

import signal
import sys

from torch.distributed import DistNetworkError, DistStoreError
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main

# As in setsim_mm.utils.interrupts, which is not imported here.
REQUEUE = 75


def launch() -> int:
    """Run torchrun.

    Returns:
        int: The exit status: that of the process that failed first, if any.

    Raises:
        ChildFailedError: If a process was killed, so that nobody has said why.
    """
    try:
        main()
    except ChildFailedError as error:
        _, failure = error.get_first_failure()
        if failure.exitcode < 0:
            raise
        return failure.exitcode
    except SignalException as interrupt:
        # The processes have saved a checkpoint by now.
        terminated = interrupt.sigval == signal.SIGTERM
        return REQUEUE if terminated else 128 + interrupt.sigval
    except (DistNetworkError, DistStoreError) as error:
        print(
            f'Error: the processes cannot meet ({error}): see to it that MASTER_ADDR '
            'is the first machine and can be reached, and set PORT to one that is free '
            'there, the same on all machines.',
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(launch())
