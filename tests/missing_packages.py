"""Skips what imports mmdet or mmsegmentation where they are not installed.

The host MMPretrain has no compiled mmcv, and the dense benchmarks need it. A test, a
fixture or a test file is skipped if it ends with the error of such an import, so that
all others run. `test_structure.py` checks that only the dense benchmarks import them.

These are hooks of pytest; `conftest.py` imports them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

# Their names on the package index.
DENSE_PACKAGES = {
    'mmdet': 'mmdet',
    'mmseg': 'mmsegmentation',
    'pycocotools': 'pycocotools',
}
MISSING = {name for name in DENSE_PACKAGES if find_spec(name) is None}


def missing_package(error: BaseException | None) -> str | None:
    """Return the missing package whose import led to an error, if there is one."""
    while error is not None:
        if isinstance(error, ModuleNotFoundError):
            module = (error.name or '').partition('.')[0]
            for name in MISSING:
                # mmengine's error for a config `mmdet::…` has a message only.
                unnamed = f'{DENSE_PACKAGES[name]} is not installed'
                if module == name or str(error).startswith(unnamed):
                    return name
        error = error.__cause__
    return None


@contextmanager
def _skip() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if name := missing_package(error):
            pytest.skip(f'needs {name}')
        raise


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """Skip a test file that cannot be imported."""
    report = yield
    error = report.call.excinfo.value if report.failed else None
    if name := missing_package(error):
        report.outcome = 'skipped'
        report.longrepr = (str(collector.path), 0, f'Skipped: needs {name}')
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Skip a test with a fixture that needs the package."""
    with _skip():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Skip a test that needs the package."""
    with _skip():
        return (yield)
