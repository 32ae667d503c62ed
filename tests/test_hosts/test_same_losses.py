"""Every host trains alike: the losses of MMSelfSup 1.0.0 are on record."""

import json

import pytest

from .steps import ALGORITHMS, RECORD, STEPS, measured

EXPECTED = json.loads(RECORD.read_text())


@pytest.mark.parametrize('algorithm', ALGORITHMS)
def test_five_steps_equal_the_record(algorithm):
    found = measured(algorithm)
    # Cosines may be almost zero: 1e-6 is the rounding of their sums.
    assert found['losses'] == pytest.approx(
        EXPECTED[algorithm]['losses'], rel=1e-5, abs=1e-6
    )
    assert len(set(found['losses'])) == STEPS
    assert found['state_names'] == EXPECTED[algorithm]['state_names']
