"""The table of dependencies: its packages, sizes and import times."""

import re
from pathlib import Path

import pytest

from tools.setup.costs import (
    HEAD,
    dependencies,
    megabytes,
    module_of,
    names_of,
    row,
    size_for_linux,
)

REPO = Path(__file__).resolve().parents[3]


def test_names_of_requirements():
    lines = ['# torch', '', '-r base.txt', 'Faiss_cpu>=1.9,<2', 'a.b==1 # c', '  x']

    assert names_of(lines) == {'faiss-cpu', 'a-b', 'x'}


def test_every_dependency_is_documented():
    names = dependencies(REPO)

    page = (REPO / 'docs/dependencies.md').read_text()
    described = set(re.findall(r'^\| `([\w-]+)`', page, re.MULTILINE))
    measured = set(re.findall(r'^\| ([\w-]+) \| [\d.]', page, re.MULTILINE))
    assert {'torch', 'mmcv', 'mmcv-lite', 'hypothesis'} <= set(names)
    assert described == set(names)
    assert measured <= set(names)


FILES = [
    dict(filename='a-1-cp310-cp310-manylinux_2_28_x86_64.whl', size=1),
    dict(filename='a-1-cp311-cp311-macosx_11_0_arm64.whl', size=2),
    dict(filename='a-1-cp311-cp311-manylinux_2_28_x86_64.whl', size=3),
    dict(filename='a-1.tar.gz', size=4),
]


@pytest.mark.parametrize(
    ('files', 'size'),
    [
        (FILES, 3),
        (FILES[1:2] + FILES[3:], 4),
        ([dict(filename='a-1-cp39-abi3-manylinux2014_x86_64.whl', size=5)], 5),
        ([dict(filename='a-1-py3-none-any.whl', size=6), *FILES[:2]], 6),
        ([], None),
    ],
)
def test_the_file_for_linux(files, size):
    assert size_for_linux(files, 'cp311') == size


def test_the_module_of_a_package():
    providers = dict(
        cv2=['opencv-python'], _cv=['opencv-python'], sklearn=['scikit-learn'],
        alpha=['setuptools'], setuptools=['setuptools'],
    )  # fmt: skip

    assert module_of('opencv-python', providers) == 'cv2'
    assert module_of('setuptools', providers) == 'setuptools'
    assert module_of('ruff', providers) is None


def test_sizes():
    assert [megabytes(size) for size in (None, 43_210, 1_234_567, 123_456_789)] == [
        '-', '0.043', '1.2', '123',
    ]  # fmt: skip


def test_a_row_of_an_installed_package():
    from importlib.metadata import distribution

    cells = row(distribution('tabulate'), offline=True).strip('| ').split(' | ')

    assert len(cells) == HEAD[0].count('|') - 1
    assert cells[0] == 'tabulate' and cells[2] == '-'
    assert 0 < float(cells[3]) < 5 and float(cells[4]) >= 0
