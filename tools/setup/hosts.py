"""The hosts of the project: the environment and the packages of each."""

from dataclasses import dataclass
from pathlib import Path

from .mmcv_wheel import TRY_OPERATORS

LEVELS = ('pretrain', 'test')

TRAINING_IMPORTS = (
    'import mmselfsup.datasets, mmselfsup.engine, mmselfsup.models, mmengine.runner\n'
)
MMPRETRAIN_IMPORTS = 'import mmpretrain.datasets, mmpretrain.models, mmengine.runner\n'
DEMO_IMPORTS = 'import matplotlib.pyplot, skimage.io, sklearn.datasets, torchvision\n'
DENSE_IMPORTS = 'import mim\nimport mmdet.apis, mmseg.apis\n'
TEST_IMPORTS = 'import hypothesis, pytest\n'


@dataclass(frozen=True)
class Host:
    """A host and its environment.

    Args:
        name (str): Its name in `make test HOST=name`.
        folder (str): The folder of its environment in the project.
        requirements (dict[str, tuple[str, ...]]): For each level, the files in
            `requirements/` that determine the packages. pip is given the last one,
            which includes the others.
        imports (dict[str, str]): For each level, the code that must run. It also writes
            the bytecode of used modules; pip does not compile any.
        only_at_test (str): A package that marks an environment at the level `test`.
        mmcv (str, optional): The file with the compiled mmcv of the level `test`.
            Defaults to None, mmcv-lite at both levels.
    """

    name: str
    folder: str
    requirements: dict[str, tuple[str, ...]]
    imports: dict[str, str]
    only_at_test: str
    mmcv: str | None = None

    def compiled(self, level: str) -> bool:
        """Return whether a level has the compiled mmcv."""
        return self.mmcv in self.requirements[level]

    def install_file(self, level: str) -> str:
        """Return the requirements file of a level that pip is given."""
        return [name for name in self.requirements[level] if name != self.mmcv][-1]

    def environment(self, project: Path) -> Path:
        """Return the folder of its environment in a project."""
        return project / self.folder


_ONEDL = ('common.txt', 'checks.txt', 'onedl_mmcv.txt', 'onedl.txt')
_ONEDL_IMPORTS = DENSE_IMPORTS + MMPRETRAIN_IMPORTS + TEST_IMPORTS + TRY_OPERATORS

HOSTS = {
    host.name: host
    for host in (
        Host(
            name='mmselfsup',
            folder='.venv',
            requirements={
                'pretrain': ('common.txt', 'base.txt', 'pretrain.txt'),
                'test': (
                    'common.txt',
                    'base.txt',
                    'checks.txt',
                    'mmcv.txt',
                    'test.txt',
                ),
            },
            imports={
                'pretrain': DEMO_IMPORTS + TRAINING_IMPORTS,
                'test': TEST_IMPORTS
                + DENSE_IMPORTS
                + 'import mmselfsup.datasets, mmselfsup.models\n'
                + TRY_OPERATORS,
            },
            only_at_test='mmcv',
            mmcv='mmcv.txt',
        ),
        Host(
            name='mmpretrain',
            folder='.venv-mmpretrain',
            requirements={
                'pretrain': ('common.txt', 'mmpretrain.txt'),
                'test': (
                    *('common.txt', 'checks.txt', 'mmpretrain.txt'),
                    'mmpretrain_test.txt',
                ),
            },
            imports={
                'pretrain': DEMO_IMPORTS + MMPRETRAIN_IMPORTS,
                'test': TEST_IMPORTS + MMPRETRAIN_IMPORTS,
            },
            only_at_test='pytest',
        ),
        # One level: its mmpretrain needs its mmcv, which has no form without operators
        # on the package index.
        Host(
            name='onedl',
            folder='.venv-onedl',
            requirements={'pretrain': _ONEDL, 'test': _ONEDL},
            imports={'pretrain': _ONEDL_IMPORTS, 'test': _ONEDL_IMPORTS},
            only_at_test='onedl-mmcv',
            mmcv='onedl_mmcv.txt',
        ),
    )
}
