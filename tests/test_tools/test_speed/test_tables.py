"""The text of tables and of the machine."""

import pandas as pd
import torch

from measurements import as_text, describe_machine


def test_numbers_have_three_digits():
    table = pd.DataFrame(
        {
            'name': ['a', 'b', 'c', None],
            'value': [0.00123456, 1234.5, 99.96, float('nan')],
            'count': [65536, 1, 2, 3],
            'either': [65536, 0.05, 1, None],
        }
    )
    assert as_text(table).to_numpy().tolist() == [
        ['a', '0.00123', '65536', '65536'],
        ['b', '1230', '1', '0.05'],
        ['c', '100', '2', '1'],
        ['', '', '3', ''],
    ]


def test_the_machine_is_described():
    text = describe_machine()
    assert f'PyTorch {torch.__version__}' in text
    assert f'{torch.get_num_threads()} thread' in text
