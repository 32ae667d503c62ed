"""Configs and programs that are installed with the library, in ``setsim_mm/.mim``.

``mim`` looks for them there, as in OpenMMLab's packages. In the repository, the folder
has links to ``configs``, ``tools`` and ``model-index.yml``; the wheel has their files.
"""

from pathlib import Path

from .errors import UserError

SHIPPED = Path(__file__).resolve().parents[1] / '.mim'


def shipped_file(name: str) -> Path:
    """Return the path of a config or program, without symbolic links.

    Args:
        name (str): Path below ``.mim``, such as ``'configs/selfsup/demo_r18.py'``.

    Raises:
        UserError: If the installation lacks it.
    """
    path = SHIPPED / name
    if not path.exists():
        raise UserError(
            f'this installation of setsim_mm has no {name!r}: install the wheel, or '
            'the repository with `pip install -e .`.'
        )
    return path.resolve()
