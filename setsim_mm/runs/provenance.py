"""The provenance of a run: how and where its weights were trained."""

import hashlib
import json
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.json_files import read_json

from .data_fingerprint import fingerprint_of
from .environment import (
    describe_environment,
    device_names,
    git_state,
    package_versions,
)
from .plain_values import mapping_at
from .run_record import PROVENANCE, RECORD
from .settings import digest, settings_of

EARLIER = 'provenance.json'  # the file of earlier versions
# Entries that are kept of each session beside the record of the first.
OF_A_SESSION = ('time', 'host', 'command', 'processes', 'devices', 'versions', 'git')


def collect_provenance(
    cfg: Config, seed: int, dataset: Any = None, world_size: int = 1
) -> dict[str, Any]:
    """Return what decides the result of a training, and where it runs.

    The command line and the config are recorded unchanged and must not contain
    passwords. Only one process of a run needs to call this.

    Args:
        cfg (Config): The config of the run.
        seed (int): The seed of the run.
        dataset (Any): The training data; see
            :func:`~.data_fingerprint.fingerprint_of`. A million images take about five
            seconds. Defaults to None.
        world_size (int): The number of training processes. Defaults to 1.

    Returns:
        dict[str, Any]: Plain values that JSON can write. ``git`` and ``data`` are None
        if they are not known.
    """
    text = cfg.pretty_text
    return dict(
        time=datetime.now(timezone.utc).isoformat(timespec='seconds'),
        host=socket.gethostname(),
        command=shlex.join(sys.orig_argv),
        seed=int(seed),
        deterministic=dict(
            algorithms=torch.are_deterministic_algorithms_enabled(),
            cudnn=torch.backends.cudnn.deterministic,
            cudnn_benchmark=torch.backends.cudnn.benchmark,
            tf32=torch.backends.cuda.matmul.allow_tf32,
        ),
        processes=int(world_size),
        devices=device_names(),
        versions=package_versions(),
        environment=describe_environment(),
        git=git_state(),
        config=dict(
            file=str(cfg.filename),
            sha256=hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest(),
            settings=digest(settings_of(cfg)),
            text=text,
        ),
        data=fingerprint_of(dataset),
    )


def write_provenance(
    work_dir: str | os.PathLike,
    provenance: Mapping[str, Any],
    resumed_from: str | os.PathLike | None = None,
) -> Path:
    """Write the provenance of a run to its record, or add a session to it.

    The record holds the provenance of the first session and, under ``sessions``, the
    time, machine, command and versions of each session. It is written as a whole.

    Args:
        work_dir (str | os.PathLike): The folder of the run, which has a record.
        provenance (Mapping[str, Any]): From :func:`collect_provenance`.
        resumed_from (str | os.PathLike, optional): The checkpoint that is resumed.
            Defaults to None, a new run, whose provenance replaces an older one.

    Returns:
        Path: The file of the record.

    Raises:
        UserError: If the record is damaged.
        OSError: If it cannot be read or written.
    """
    path = Path(work_dir, RECORD)
    content = read_json(path)
    resumed = None if resumed_from is None else os.fspath(resumed_from)
    first = content.get(PROVENANCE) or _earlier_provenance(path.with_name(EARLIER))
    sessions = mapping_at(dict(first=first), 'first').get('sessions')
    if resumed is None or not isinstance(sessions, list):
        first = dict(provenance, sessions=[])
    session = {name: provenance[name] for name in OF_A_SESSION}
    first['sessions'].append(dict(session, resumed_from=resumed))
    content[PROVENANCE] = first
    write_text_whole(path, json.dumps(content, indent=1) + '\n')
    return path


def _earlier_provenance(path: Path) -> dict[str, Any] | None:
    """Return the provenance in a file of an earlier version, if there is one."""
    return read_json(path) if path.is_file() else None
