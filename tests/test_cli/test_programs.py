import sys

import pytest

from setsim_mm.cli.programs import PROGRAMS, find_program, run_program
from setsim_mm.utils import UserError
from setsim_mm.utils.shipped_files import shipped_file


@pytest.fixture
def restored_interpreter(monkeypatch):
    monkeypatch.setattr(sys, 'argv', list(sys.argv))
    monkeypatch.setattr(sys, 'path', list(sys.path))
    monkeypatch.setitem(sys.modules, '__main__', sys.modules['__main__'])


@pytest.mark.parametrize('name', PROGRAMS)
def test_a_program_has_its_options_under_the_name_of_the_command(
    name, capsys, restored_interpreter
):
    with pytest.raises(SystemExit) as ended:
        run_program(name, ['--help'])
    assert ended.value.code == 0
    usage = capsys.readouterr().out
    assert usage.startswith(f'usage: setsim {name} ') and '--traceback' in usage


def test_scripts_are_programs_of_the_repository():
    for program in PROGRAMS.values():
        assert shipped_file(f'tools/{program.script}').is_file()


@pytest.mark.parametrize(
    ('arguments', 'found'),
    [
        (['match', 'c.py', 'e.pth'], ('match', ['c.py', 'e.pth'])),
        (['evaluate', 'knn', '--k', '5'], ('evaluate knn', ['--k', '5'])),
        (['mach'], None),
        ([], None),
    ],
)
def test_words_of_a_command(arguments, found):
    assert find_program(arguments) == found


def test_a_missing_or_misspelt_second_word_is_an_error():
    with pytest.raises(UserError, match='one of checkpoint, data'):
        find_program(['check'])
    with pytest.raises(UserError, match="did you mean 'linear'"):
        find_program(['evaluate', 'linaer'])
