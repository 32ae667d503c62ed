"""The problems of data sets, and changes of their text files."""

import json

from setsim_mm.transfer.layouts import check_datasets


def problems_of(data_root, name):
    (report,) = check_datasets(data_root, [name])
    return report.problems


def only_problem_of(data_root, name):
    """Return the only problem, with the path relative to the data root."""
    (problem,) = problems_of(data_root, name)
    path = problem.path.relative_to(data_root).as_posix()
    return path, problem.error, problem.remedy


def rewrite(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def replace(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
