"""The pretext accuracy, recomputed from the keys and queues of a run."""

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn
from torch.nn import functional as F

from setsim_mm.engine.hooks import PretextAccuracyHook

from .training_runs import logged, make_config


class NoteHeadHook(Hook):
    """Record the solved images in the first call of the head in each step."""

    def __init__(self, algorithm) -> None:
        self.algorithm = algorithm
        self.solved = []

    def before_run(self, runner):
        def note(head, inputs):
            if len(self.solved) == runner.iter:
                self.solved.append(solved_in(inputs, self.algorithm))

        runner.model.head.register_forward_pre_hook(note)


@torch.no_grad()
def solved_in(inputs, algorithm):
    """Compare each positive with each negative, one by one."""
    if algorithm == 'SetSim':
        # The first two images are those of the first direction.
        query, key = (F.normalize(view.image_projection[:2]) for view in inputs[:2])
        positives = [float(q @ k) for q, k in zip(query, key, strict=True)]
        negatives = [[float(q @ n) for n in inputs[3].t()] for q in query]
    else:
        positives, negatives = inputs[0][:, 0].tolist(), inputs[1].tolist()
    return [p > max(n) for p, n in zip(positives, negatives, strict=True)]


@pytest.mark.parametrize('algorithm', ['SetSim', 'MoCo', 'DenseCL'])
@pytest.mark.parametrize('steps', [1, 2, 50])
def test_share_of_the_last_steps_of_an_epoch(folder, algorithm, steps):
    hook = dict(type='PretextAccuracyHook', steps=steps)
    cfg = make_config(folder, hook, algorithm=algorithm, epochs=2)
    runner, note = Runner.from_cfg(cfg), NoteHeadHook(algorithm)
    runner.register_hook(note)

    runner.train()

    found = [
        record['pretext_accuracy']
        for record in logged(cfg.work_dir, 'pretext_accuracy')
    ]
    for epoch in range(2):
        counted = note.solved[3 * epoch : 3 * epoch + 3][-steps:]
        solved = [one for step in counted for one in step]
        assert len(solved) == 2 * min(steps, 3)
        assert found[epoch] == pytest.approx(100 * sum(solved) / len(solved))


def test_algorithm_without_a_queue_raises_an_error(folder):
    cfg = make_config(folder, dict(type='PretextAccuracyHook'))
    runner = Runner.from_cfg(cfg)
    runner.model = nn.Linear(1, 1)

    with pytest.raises(ValueError, match='Linear'):
        PretextAccuracyHook().before_run(runner)


def test_training_without_epochs_raises_an_error(folder):
    cfg = make_config(folder, dict(type='PretextAccuracyHook'))
    cfg.train_cfg = dict(type='IterBasedTrainLoop', max_iters=3)
    cfg.train_dataloader.sampler.type = 'InfiniteSampler'

    with pytest.raises(ValueError, match='EpochBasedTrainLoop'):
        Runner.from_cfg(cfg).train()
