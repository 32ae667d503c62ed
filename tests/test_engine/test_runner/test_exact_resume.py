"""A killed and resumed run equals an uninterrupted one, bit for bit."""

from itertools import product

import pytest
import torch

from .runs import KillHook, NoteHook, assert_same, make_run, state_of, train


@pytest.mark.parametrize(
    'workers, killed_at', [*product([0], range(1, 9)), (2, 3), (2, 5)]
)
def test_killed_run_equals_the_uninterrupted_one(
    uninterrupted, workers, killed_at, images, tmp_path
):
    by_epoch, state, notes = uninterrupted
    cfg = make_run(images, tmp_path / 'run', by_epoch, workers)

    train(cfg, KillHook(killed_at))
    resumed_notes = NoteHook()
    resumed = train(cfg, resumed_notes, resume=True)

    saved = killed_at - killed_at % 2
    assert len(resumed_notes.images) == 9 - saved
    assert_same(state_of(resumed), state)
    assert_same(resumed_notes.images, notes.images[saved:])
    assert_same(resumed_notes.states, notes.states[saved:])


def test_views_differ_between_epochs(uninterrupted):
    _, _, notes = uninterrupted
    views = torch.cat([step.flatten(0, 1) for step in notes.images])

    assert len(views.flatten(1).unique(dim=0)) == len(views)


@pytest.mark.parametrize('workers', [1, 2, 3])
def test_views_do_not_depend_on_the_number_of_workers(
    uninterrupted, workers, images, tmp_path
):
    by_epoch, state, notes = uninterrupted
    mine = NoteHook()

    runner = train(make_run(images, tmp_path / 'run', by_epoch, workers), mine)

    assert_same(mine.images, notes.images)
    assert_same(state_of(runner), state)


def test_another_seed_gives_other_views(uninterrupted, images, tmp_path):
    by_epoch, _, notes = uninterrupted
    mine = NoteHook()
    cfg = make_run(images, tmp_path / 'run', by_epoch, **{'randomness.seed': 4})

    train(cfg, mine)

    assert not any(
        torch.equal(a, b) for a, b in zip(mine.images, notes.images, strict=True)
    )


def test_resumed_run_uses_the_seed_of_its_start(images, tmp_path):
    """A run without a seed draws one and stores it in its checkpoint."""
    notes, more = NoteHook(), NoteHook()
    whole = make_run(images, tmp_path / 'whole', **{'randomness.seed': None})
    runner = train(whole, notes)
    again = make_run(images, tmp_path / 'run', **{'randomness.seed': runner.seed})
    train(again, KillHook(3))

    again.randomness.seed = None
    resumed = train(again, more, resume=True)

    assert_same(state_of(resumed), state_of(runner))
    assert_same(more.images, notes.images[2:])
