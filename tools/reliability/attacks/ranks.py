"""Attacks with different data in the processes of a training."""

import random
import re
from collections.abc import Iterator

from tiny_setsim import write_images

from .checks import refused
from .lab import Lab
from .scenario import Fault, Round, scenario
from .tiny_run import IMAGES, Setup

SETUP = Setup(processes=2)
FEWER = Fault(
    'ranks',
    'two processes with different numbers of images',
    'an error before the first step that names the process and both numbers',
)
CHOOSE_IMAGES = """
import os
if os.environ.get('RANK') == '1':
    train_dataloader['dataset']['data_root'] = {images!r}
"""


@scenario('ranks', 'images')
def miss_images(lab: Lab, rounds: int, rng: random.Random) -> Iterator[Round]:
    """Train with fewer images in the second process."""
    for _ in range(rounds):
        work_dir = lab.work_dir('ranks')
        number = rng.randrange(8, IMAGES)
        images = write_images(work_dir.parent / 'fewer', number)
        text = CHOOSE_IMAGES.format(images=str(images))
        training = lab.train(
            SETUP, work_dir, config=lab.config_with(SETUP, work_dir, text)
        )
        end = training.end()
        round = Round(FEWER, SETUP.name, refused(end, str(number), str(IMAGES)))
        named = re.search(r'(process|rank) 1\b', end.errors)
        round.expect(named, 'the process is not named')
        steps = [training.steps(rank) for rank in range(2)]
        round.expect(not any(steps), 'steps were trained')
        yield round
