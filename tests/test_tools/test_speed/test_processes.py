import pytest

from measurements import processes
from measurements.processes import measure
from setsim_mm.utils import UserError
from tests.test_tools.training_helpers import REPO

from .arguments import arguments_of


def arguments(*options):
    config = REPO / 'configs/selfsup/setsim_r18_10e_folder112.py'
    return arguments_of(processes, '--config', config, *options)


def test_table_of_one_and_two_processes():
    """One and two processes train, and two send the bytes of the model."""
    options = ('--batch', '2', '--image-size', '64', '--steps', '1', '--repeats', '1')

    table = measure(arguments('--processes', '1', '2', *options))

    assert table[['processes', 'training']].values.tolist() == [
        [1, 'apart'],
        [2, 'apart'],
        [2, 'together'],
    ]
    assert table['ratio'][0] == 1
    assert (table['images/s'] * table['seconds a step']).tolist() == pytest.approx(
        [2, 4, 4]
    )
    sent = table[['gradients, MB', 'exchange, MB', 'keys, MB']].sum(axis=1)
    assert sent.tolist() == pytest.approx(table['in the model, MB'].tolist())
    assert sent[0] == sent[1] == 0 and (table.loc[2] != 0).all()
    waits = table[['gradients, ms', 'exchange, ms', 'keys, ms']]
    assert (waits.loc[2] > 0).all() and (waits.loc[:1] == 0).all(axis=None)


@pytest.mark.parametrize('option', ['batch', 'steps', 'repeats', 'processes'])
def test_a_number_less_than_one_is_an_error(option):
    with pytest.raises(UserError, match=f'--{option} .*at least 1, not 0'):
        measure(arguments(f'--{option}', '0'))


def test_a_queue_shorter_than_a_step_is_an_error():
    with pytest.raises(UserError, match=r' 1028 keys.* 1024\b.*--batch'):
        measure(arguments('--batch', '257'))
