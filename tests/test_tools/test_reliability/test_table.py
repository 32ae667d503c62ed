"""The table of an attack."""

import json

from attacks.scenario import Fault, Round
from attacks.table import failures, markdown, write_results

KILL = Fault('kills', 'SIGKILL', 'goes on')
FULL = Fault('disks', 'full disk', 'keeps the last checkpoint')
ROUNDS = [
    Round(KILL, 'epochs', notes=['inside the write']),
    Round(FULL, 'epochs'),
    Round(KILL, 'iterations', ['began anew'], notes=['see /here']),
    Round(KILL, 'iterations', lost=1500),
]


def test_rounds_of_a_fault_are_counted_in_one_line():
    lines = markdown(ROUNDS).splitlines()

    assert len(lines) == 4
    assert lines[2] == (
        '| SIGKILL | goes on | 1 of 3 (1 inside the write) | 1,500 bytes |'
    )
    assert lines[3] == ('| full disk | keeps the last checkpoint | 1 of 1 | 0 bytes |')


def test_a_lost_checkpoint_is_a_failure():
    assert [round.survived for round in ROUNDS] == [True, True, False, False]
    first, second = failures(ROUNDS)
    assert 'began anew' in first and '/here' in first
    assert '1,500 bytes' in second


def test_files_contain_all_rounds(tmp_path):
    write_results(tmp_path, ROUNDS, dict(seed=7))

    text = (tmp_path / 'attack.md').read_text()
    assert text.startswith(markdown(ROUNDS))
    assert 'began anew' in text
    result = json.loads((tmp_path / 'attack.json').read_text())
    assert result['seed'] == 7
    kill, full = result['faults']
    assert [kill['theme'], kill['fault']] == ['kills', 'SIGKILL']
    assert [r['survived'] for r in kill['rounds']] == [True, False, False]
    assert [r['bytes_lost'] for r in kill['rounds']] == [0, 0, 1500]
    assert full['rounds'][0]['where'] == 'epochs'
