"""SetSim: dense self-supervised pre-training for OpenMMLab.

Importing the package registers everything with its host, MMSelfSup or MMPretrain. It
imports neither PyTorch nor OpenMMLab: a repair of another package is applied when that
package is imported, and mmengine's registries import the modules of this one when they
are first used.
"""

from typing import TYPE_CHECKING

from . import compat, registration
from .hosts.choice import HOSTS
from .import_hooks import after_import
from .lazy import import_on_demand
from .version import __version__

if TYPE_CHECKING:
    from .apis.pretraining import pretrain
    from .registry import MATCHERS

__all__ = ['MATCHERS', '__version__', 'pretrain']

compat.ignore_missing_operators()
after_import('torch', compat.make_checkpoints_loadable)
after_import('mmengine.runner.checkpoint', compat.never_run_code_of_checkpoints)
after_import('mmengine.config.utils', compat.add_names_of_forks)
after_import('mmengine.logging', compat.silence_missing_onedl)
after_import('mmengine.fileio', registration.register_file_backends)
after_import('mmselfsup.registry', compat.point_registries_at_existing_modules)
after_import('mmengine.registry', registration.create_registries)
for _host in HOSTS:  # `host` would hide the module setsim_mm.host
    after_import(f'{_host}.registry', registration.add_locations)

__getattr__, __dir__ = import_on_demand(__name__, __file__)
