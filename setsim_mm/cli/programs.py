"""The programs in ``setsim_mm/.mim/tools`` that ``setsim`` starts."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location

from setsim_mm.utils.config_errors import did_you_mean
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.shipped_files import shipped_file


@dataclass(frozen=True)
class Program:
    """A program of ``tools/``.

    Args:
        script (str): Its file below ``tools/``.
        summary (str): What it does, for ``setsim --help``.
    """

    script: str
    summary: str


PROGRAMS = {
    'match': Program(
        'visualize_correspondence.py', 'draw what corresponds in two views of images'
    ),
    'evaluate in-context': Program(
        'benchmarks/in_context.py', 'label pixels by their nearest neighbours'
    ),
    'evaluate knn': Program(
        'benchmarks/knn_classification.py', 'classify images by their neighbours'
    ),
    'evaluate linear': Program(
        'benchmarks/linear_segmentation.py', 'train a linear segmentation'
    ),
    'evaluate clusters': Program(
        'benchmarks/overclustering.py', 'compare clusters of pixels with classes'
    ),
    'extract': Program(
        'model_converters/extract_backbone_weights.py',
        'write the weights of the backbone for other programs',
    ),
    'check checkpoint': Program(
        'inspect_checkpoint.py', 'summarise a checkpoint without executing anything'
    ),
    'check data': Program(
        'datasets/check_datasets.py', 'check the data sets of the benchmarks'
    ),
}


def find_program(arguments: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the name of a program and its arguments.

    Args:
        arguments (Sequence[str]): Those of ``setsim``.

    Returns:
        tuple[str, list[str]] | None: None if they name no program.

    Raises:
        UserError: If only the first of two words is known.

    Examples:
        >>> find_program(['evaluate', 'knn', '--help'])
        ('evaluate knn', ['--help'])
    """
    for words in (1, 2):
        name = ' '.join(arguments[:words])
        if name in PROGRAMS:
            return name, list(arguments[words:])
    first = arguments[0] if arguments else ''
    seconds = [n.split()[1] for n in PROGRAMS if n.startswith(f'{first} ')]
    if not first or not seconds:
        return None
    second = arguments[1] if len(arguments) > 1 else ''
    raise UserError(
        f'`setsim {first}` needs a second word, one of {", ".join(seconds)}, and not '
        f'{second!r}{did_you_mean(second, seconds)}.'
    )


def run_program(name: str, arguments: Sequence[str]) -> None:
    """Run a program in this process, as ``python tools/...`` does.

    Args:
        name (str): A key of :data:`PROGRAMS`.
        arguments (Sequence[str]): Its command line.

    Raises:
        UserError: If the installation lacks the program.
    """
    script = shipped_file(f'tools/{PROGRAMS[name].script}')
    sys.argv = [f'setsim {name}', *arguments]  # the name in its --help
    sys.path.insert(0, str(script.parent))  # its helper modules
    # Not runpy, which would show the name of the script in --help.
    spec = spec_from_file_location('__main__', script)
    assert spec is not None and spec.loader is not None
    sys.modules['__main__'] = module = module_from_spec(spec)
    spec.loader.exec_module(module)
