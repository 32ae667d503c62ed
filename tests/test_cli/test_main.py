import pytest

from setsim_mm.cli.main import help_text, main
from setsim_mm.cli.programs import PROGRAMS
from setsim_mm.version import __version__


@pytest.mark.parametrize('arguments', [[], ['--help']])
def test_help_lists_every_command(arguments, capsys):
    main(arguments)
    output = capsys.readouterr().out
    assert output == help_text() + '\n'
    for name in ('pretrain', *PROGRAMS):
        assert f'\n  {name} ' in output


def test_version(capsys):
    main(['--version'])
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize(
    ('arguments', 'fact'),
    [
        (['pretrian'], "did you mean 'pretrain'"),
        (['pretrain', '--data', 'nowhere', '--out', 'out'], "'nowhere'"),
    ],
)
def test_errors_are_one_sentence(arguments, fact, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith('Error: ') and error.count('\n') == 1 and fact in error
    assert not list(tmp_path.iterdir())
