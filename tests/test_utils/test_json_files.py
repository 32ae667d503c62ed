import pytest

from setsim_mm.utils import UserError
from setsim_mm.utils.json_files import read_json


def test_object_is_loaded(tmp_path):
    (tmp_path / 'a.json').write_text('{"name": "a", "seed": 1}')
    assert read_json(tmp_path / 'a.json', seed=int) == dict(name='a', seed=1)


@pytest.mark.parametrize(
    'text', ['', '{', '[1]', 'null', '{"seed": "1"}', '{}', '[' * 10**5, '\ud800']
)
def test_error_names_any_other_file(text, tmp_path):
    path = tmp_path / 'a.json'
    path.write_bytes(text.encode(errors='surrogatepass'))
    with pytest.raises(UserError, match=r'a\.json'):
        read_json(path, seed=int)
