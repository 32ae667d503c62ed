"""Attacks with checkpoints that contain a program, as a pickle or as a config."""

import os
import pickle
import random
import subprocess
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from .checks import refused, resume_and_check
from .finetuning import FineTuning
from .lab import KEEP_ALL, Lab
from .scenario import Fault, Round, scenario
from .tiny_run import Setup

SETUP = Setup()
NEWEST = Fault(
    'hostile',
    'pickle that runs a program, newest in the folder',
    'named and skipped; nothing runs; the same bits',
)
NAMED = Fault(
    'hostile', 'pickle that runs a program, `--resume FILE`', 'an error; nothing runs'
)
TEXT = Fault(
    'hostile',
    'checkpoint whose config text is a program',
    'resumes; no line of it runs',
)


class Payload:
    """An object that calls a function when it is unpickled.

    Args:
        function (Callable): The function.
        *arguments (Any): Its arguments.
    """

    def __init__(self, function: Callable, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple:
        return self.call


def payloads(marker: Path) -> list[Payload]:
    """Return objects that write a file when they are unpickled.

    Args:
        marker (Path): The file.
    """
    touch = f'touch {marker}'
    write = f'open({str(marker)!r}, "w").close()'
    module = f'hostile_{marker.stem}'
    marker.with_name(f'{module}.py').write_text(write + '\n')
    return [
        Payload(os.system, touch),
        Payload(exec, write),
        Payload(eval, write),
        Payload(subprocess.call, ['touch', str(marker)]),
        Payload(import_module, module),
        Payload(Config.fromstring, write, '.py'),
        Payload(torch.load, 'nothing.pth', None, Payload(exec, write)),
    ]


def write_hostile(
    path: Path, checkpoint: dict, payload: Payload, rng: random.Random
) -> None:
    """Write a checkpoint with a payload at a random place and in a random format.

    Args:
        path (Path): The file.
        checkpoint (dict): The other content of the file.
        payload (Payload): The payload.
        rng (random.Random): Draws place and format.
    """
    place = rng.choice([*checkpoint, 'more'])
    content = {**checkpoint, place: payload}
    kind = rng.choice(['zip', 'legacy', 'pickle'])
    if kind == 'pickle':
        path.write_bytes(pickle.dumps(content, protocol=2))
    else:
        torch.save(content, path, _use_new_zipfile_serialization=kind == 'zip')


def checkpoint_with_text(source: Path, path: Path, marker: Path) -> Path:
    """Copy a checkpoint and replace the text of its config with a program.

    Args:
        source (Path): The checkpoint.
        path (Path): The copy.
        marker (Path): The file that the program writes.
    """
    checkpoint = torch.load(source, weights_only=True)
    text = f'import os\nos.system("touch {marker}")\nmodel = dict()\n'
    checkpoint['meta'].update(cfg=text, config=text)
    torch.save(checkpoint, path)
    return path


@scenario('hostile', 'pickles', faults=8)
def load_pickles(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Write hostile files beside an intact one, and then resume one of them by name."""
    for _ in range(rounds):
        work_dir = lab.work_dir('pickles')
        (good,) = lab.copy_of_reference(SETUP, work_dir, 1, of=lab.epochs - 1)
        checkpoint = torch.load(good, weights_only=True)
        paths, markers = [], []
        for number in range(7):
            path = work_dir / f'epoch_{lab.epochs + 1 + number}.pth'
            markers.append(work_dir.parent / f'marker_{number}')
            payload = payloads(markers[-1])[number]
            write_hostile(path, checkpoint, payload, rng)
            paths.append(path)
        (work_dir / 'last_checkpoint').write_text(str(paths[-1]))

        end = Round(NEWEST, SETUP.name)
        text = resume_and_check(lab, SETUP, work_dir, end).printed()
        # A file that was not skipped is the cause of a wrong end.
        named = [str(path) in text for path in paths]
        for path, marker, is_named in zip(paths, markers, named, strict=True):
            round = Round(NEWEST, SETUP.name)
            if not is_named or all(named):
                round.problems += end.problems
            round.expect(is_named, f'{path.name} is not named')
            round.expect(not marker.exists(), 'a program has run')
            yield round

        chosen = rng.randrange(len(paths))
        other = lab.work_dir('pickle named')
        round = Round(NAMED, SETUP.name)
        end_of = lab.train(SETUP, other, '--resume', paths[chosen]).end()
        round.problems += refused(end_of, str(paths[chosen]))
        round.expect(not markers[chosen].exists(), 'a program has run')
        yield round


@scenario('hostile', 'config text', faults=2)
def load_text(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Resume pre-training and fine-tuning with a program as the config's text."""
    for setup in [SETUP, FineTuning()] * rounds:
        work_dir = lab.work_dir('config text')
        marker = work_dir.parent / 'marker'
        (good,) = lab.copy_of_reference(setup, work_dir, 1, of=lab.epochs - 1)
        checkpoint_with_text(good, good, marker)
        round = Round(TEXT, setup.name)
        resume_and_check(lab, setup, work_dir, round, *KEEP_ALL)
        round.expect(not marker.exists(), 'a program has run')
        yield round
