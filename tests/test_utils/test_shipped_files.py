from pathlib import Path

import pytest

from setsim_mm.utils import UserError
from setsim_mm.utils.shipped_files import shipped_file

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize('name', ['configs/selfsup', 'tools/train.py'])
def test_links_lead_to_the_repository(name):
    assert shipped_file(name) == REPOSITORY / name


def test_a_missing_file_is_an_error():
    with pytest.raises(UserError, match=r'nothing\.py'):
        shipped_file('configs/nothing.py')
