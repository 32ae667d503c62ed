"""The audit of outputs of pip-audit and pip-licenses, which are not run here."""

import json

import pytest

from tools.setup import audit
from tools.setup.audit import describe, describe_vulnerabilities, exit_status
from tools.setup.commands import SetupError
from tools.setup.environment import Environment

# The format of the two programs.
SAFE = dict(name='rich', version='15.0.0', vulns=[])
OLD = dict(
    name='torch',
    version='2.5.1',
    vulns=[
        dict(
            id='PYSEC-2025-41',
            fix_versions=['2.6.0'],
            aliases=['CVE-2025-32434'],
            description='...',
        )
    ],
)
UNKNOWN = dict(name='mmcv', skip_reason='Dependency not found on PyPI: mmcv (2.0.1)')
LICENCES = [
    dict(Name='a', Version='1', License='MIT'),
    dict(Name='b', Version='2', License='MIT'),
    dict(Name='c', Version='3', License='GNU General Public License v3'),
    dict(Name='d', Version='4', License='UNKNOWN'),
    dict(Name='e', Version='5', License='LicenseRef-NVIDIA-Proprietary'),
]


@pytest.mark.parametrize(
    ('packages', 'status'),
    [([SAFE], 0), ([SAFE, OLD], 1), ([SAFE, UNKNOWN], 2), ([OLD, UNKNOWN], 1)],
)
def test_packages_that_were_not_looked_up_are_not_safe(packages, status):
    assert exit_status(packages) == status


def test_vulnerabilities_are_named_with_their_fix():
    text = '\n'.join(describe_vulnerabilities([SAFE, OLD, UNKNOWN]))
    for word in ('torch 2.5.1', 'CVE-2025-32434', '2.6.0', '2 of 3', 'mmcv', 'NOT'):
        assert word in text
    assert 'rich' not in text


def test_licences_are_counted_and_restrictive_ones_are_listed():
    first, *others = describe(LICENCES)
    assert 'MIT 2' in first
    assert [line.split()[2] for line in others] == ['c', 'd', 'e']


def test_without_an_environment_nothing_is_checked(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(audit, 'PROJECT', tmp_path)
    assert audit.main() == 2
    assert 'make env' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


class Stub(Environment):
    """An environment whose Python prints the file `said` in its folder."""

    @property
    def python(self):
        program = self.folder / 'python'
        program.write_text(f'#!/bin/sh\ncat {self.folder / "said"}; echo why >&2\n')
        program.chmod(0o755)
        return program


def test_the_project_itself_is_not_looked_up(tmp_path):
    own = dict(name='setsim-mm', skip_reason='not on PyPI')
    (tmp_path / 'said').write_text(json.dumps(dict(dependencies=[SAFE, own])))
    assert audit.look_up(Stub(tmp_path), Environment(tmp_path)) == [SAFE]


def test_a_program_that_fails_is_named(tmp_path):
    (tmp_path / 'said').write_text('no JSON')
    with pytest.raises(SetupError, match='pip_audit failed: why'):
        audit.look_up(Stub(tmp_path), Environment(tmp_path))
