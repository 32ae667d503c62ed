import pandas as pd

from tests.test_tools.training_helpers import run_python

TOOL = 'tools/speed/speed.py'


def test_tables_as_markdown_and_csv(tmp_path):
    options = '--images 2 --sides 3 --dim 8 --length 100 --repeats 1 --device cpu'
    out = tmp_path / 'tables' / 'loss'
    done = run_python(
        TOOL, 'loss', *options.split(), '--out', out,
        cwd=tmp_path, new_interpreter=True,
    )  # fmt: skip
    last = done.stdout.strip().splitlines()[-1]
    assert last == f'Table: {out}.md, {out}.csv'
    markdown = out.with_suffix('.md').read_text()
    assert markdown.startswith('## Set loss, forward and backward')
    assert markdown.strip() in done.stdout
    assert 'Machine: ' in markdown and 'PyTorch' in markdown
    table = pd.read_csv(out.with_suffix('.csv'))
    assert table['map'].tolist() == ['3x3', '3x3']
    assert (table['times faster'] > 0).all()
