import pandas as pd

from setsim_mm.runs.run_record import RunRecord
from tests.test_tools.training_helpers import run_python

TOOL = 'tools/reproduce/compare_runs.py'


def test_two_folders_become_a_table(tmp_path):
    for folder, values in (('with', (3.0, 5.0)), ('without', (2.0, 3.0))):
        for seed, value in enumerate(values):
            work_dir = tmp_path / folder / 'run' / f'seed_{seed}'
            work_dir.mkdir(parents=True)
            metrics = dict(knn_accuracy=value)
            RunRecord(work_dir, 'run', seed, {}, metrics=metrics).write()

    done = run_python(TOOL, 'with', 'without', cwd=tmp_path, new_interpreter=True)

    assert '+1.5 ± 6.4' in done.stdout
    table = pd.read_csv(tmp_path / 'with' / 'paired.csv')
    assert table['difference'].tolist() == [1.5]
