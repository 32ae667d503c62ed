"""Tests of imports at start: no program needs a heavy package for its --help."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
# Each takes from a tenth of a second to several.
SLOW = (
    'matplotlib',
    'mmcls',
    'mmcv',
    'mmdet',
    'mmengine.runner',
    'mmpretrain',
    'mmseg',
    'mmselfsup',
    'pandas',
    'scipy',
    'skimage',
    'sklearn',
    'torch',
)
# tools/setup is left out: it runs in a bare Python, and imports none of these. So is
# launch.py, which is torchrun.
PROGRAMS = sorted(
    str(path.relative_to(REPOSITORY))
    for path in (REPOSITORY / 'tools').rglob('*.py')
    if "if __name__ == '__main__'" in path.read_text()
    and path.parent.name != 'setup'
    and path.name != 'launch.py'
)

IMPORTS = """
import importlib, json, sys
slow, *names = map(json.loads, sys.argv[1:])
found = {}
for name in names[0]:
    module, _, attribute = name.partition(':')
    module = importlib.import_module(module)
    if attribute:
        getattr(module, attribute)
    found[name] = [name for name in slow if name in sys.modules]
print(json.dumps(found))
"""

# Commands of programs that have several.
COMMANDS = ['tools/speed/speed.py loss', 'tools/speed/speed.py data']

HELP = """
import io, json, runpy, sys
from contextlib import redirect_stdout
from pathlib import Path
slow, programs = map(json.loads, sys.argv[1:])
found = {}
for command in programs:
    program, *words = command.split()
    sys.argv[:] = [program, *words, '--help']
    sys.path[0] = str(Path(program).resolve().parent)
    with redirect_stdout(io.StringIO()) as output:
        try:
            runpy.run_path(program, run_name='__main__')
            status = 'no end'
        except SystemExit as end:
            status = end.code
    imported = [name for name in slow if name in sys.modules]
    found[command] = [status, output.getvalue()[:7], imported]
print(json.dumps(found))
"""


def run(program: str, names: Sequence[str]) -> dict:
    """Run a program in a fresh Python, which takes and prints JSON."""
    paths = [str(REPOSITORY), os.environ.get('PYTHONPATH', '')]
    environment = os.environ | {'PYTHONPATH': os.pathsep.join(filter(None, paths))}
    done = subprocess.run(
        [sys.executable, '-c', program, json.dumps(SLOW), json.dumps(names)],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_packages_import_what_is_asked_for():
    light = (
        'setsim_mm',
        'setsim_mm.apis',
        'setsim_mm.datasets',
        'setsim_mm.evaluation',
        'setsim_mm.host',
        'setsim_mm.models',
        'setsim_mm.runs',
        'setsim_mm.utils:UserError',
        'setsim_mm.visualization',
        'mmengine',
        'setsim_mm:MATCHERS',
        'setsim_mm.runs:Metric',
    )
    with_torch = (
        'setsim_mm.models.matchers:GeometricMatcher',
        *(f'setsim_mm.apis:{name}' for name in ('init_model', 'cut_views', 'show')),
    )
    found = run(IMPORTS, [*light, *with_torch])
    assert {name: found[name] for name in light} == {name: [] for name in light}
    for name in with_torch:
        assert found[name] == ['torch'], name


def test_every_program_helps_at_once():
    assert {'tools/train.py', 'tools/speed/speed.py', 'tools/demo.py'} <= set(PROGRAMS)
    commands = PROGRAMS + COMMANDS
    expected = {command: [0, 'usage: ', []] for command in commands}
    assert run(HELP, commands) == expected
