"""The hosts: their files of requirements and their forms of mmcv."""

import re
from pathlib import Path

import pytest

from tools.setup.hosts import HOSTS, LEVELS, Host

REQUIREMENTS = Path(__file__).parents[3] / 'requirements'
CASES = [(host, level) for host in HOSTS.values() for level in LEVELS]
IDS = [f'{host.name}-{level}' for host, level in CASES]


def included(name: str) -> set[str]:
    """Return a file and those that it includes."""
    text = (REQUIREMENTS / name).read_text()
    names = re.findall(r'^-r (\S+)', text, re.MULTILINE)
    return {name}.union(*map(included, names))


@pytest.mark.parametrize(('host', 'level'), CASES, ids=IDS)
def test_the_listed_files_are_those_that_are_installed(host: Host, level: str) -> None:
    installed = included(host.install_file(level))
    if host.compiled(level):
        installed.add(host.mmcv)
    assert installed == set(host.requirements[level])


@pytest.mark.parametrize(('host', 'level'), CASES, ids=IDS)
def test_a_level_has_one_form_of_mmcv(host: Host, level: str) -> None:
    names = []
    for file in host.requirements[level]:
        text = (REQUIREMENTS / file).read_text()
        names += re.findall(r'^([\w-]+)', text, re.MULTILINE)
    forms = [name for name in names if name.removeprefix('onedl-').startswith('mmcv')]
    assert len(forms) == 1
    assert (forms[0] == 'mmcv-lite') is not host.compiled(level)
