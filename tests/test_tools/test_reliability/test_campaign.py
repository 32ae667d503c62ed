"""Scenarios that run in parallel."""

import pytest
from attacks.campaign import run_scenarios
from attacks.lab import Lab
from attacks.processes import NotReached, Training
from attacks.scenario import Fault, Round, Scenario

FAULT = Fault('kills', 'a kill', 'goes on')


@pytest.fixture
def lab(tmp_path, monkeypatch) -> Lab:
    monkeypatch.setattr(Training, 'ended', False)
    return Lab(tmp_path, rounds=2)


def draws(lab, rounds, rng):
    for _ in range(rounds):
        yield Round(FAULT, str(rng.random()))


def fails(lab, rounds, rng):
    yield Round(FAULT, 'first')
    raise NotReached('step 3 was not reached')


def test_every_round_is_returned_and_printed(lab, capsys):
    scenarios = [Scenario('kills', name, 1, draws) for name in ('one', 'two')]

    rounds = list(run_scenarios(scenarios, lab, seed=0, jobs=2))

    assert len({round.where for round in rounds}) == 4  # each draws its own numbers
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert all('of 4' in line and 'survived' in line for line in lines)


def test_random_numbers_depend_on_the_seed_only(lab, monkeypatch):
    one = Scenario('kills', 'one', 1, draws)
    other = Scenario('kills', 'other', 1, draws)
    alone = [round.where for round in run_scenarios([one], lab, seed=3, jobs=1)]
    monkeypatch.setattr(Training, 'ended', False)

    beside = {round.where for round in run_scenarios([other, one], lab, 3, jobs=2)}

    assert set(alone) < beside


def test_a_scenario_that_cannot_be_run_is_not_survived(lab):
    scenarios = [Scenario('kills', 'broken', 1, fails)]

    first, second = run_scenarios(scenarios, lab, seed=0, jobs=1)

    assert first.survived
    assert not second.survived
    assert second.problems == ['step 3 was not reached']
