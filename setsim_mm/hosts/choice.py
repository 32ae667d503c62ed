"""Choice of the host: MMSelfSup where it is installed, else MMPretrain."""

import os
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from setsim_mm.utils.errors import UserError

# The environment variable that chooses between hosts.
VARIABLE = 'SETSIM_MM_HOST'


@dataclass(frozen=True)
class Host:
    """A library that this package can be a plugin of.

    Args:
        name (str): Name of its module, which is also its scope.
        distributions (tuple[str, ...]): Names of packages that install the module.
        oldest (str): The oldest supported version.
        too_new (str): The first version that is not supported any more.
    """

    name: str
    distributions: tuple[str, ...]
    oldest: str
    too_new: str

    @property
    def installed_version(self) -> str | None:
        """The version of the installed package; None without one."""
        for distribution in self.distributions:
            try:
                return version(distribution)
            except PackageNotFoundError:
                continue
        return None

    def supports(self, installed: str) -> bool:
        """Return whether a version is supported."""
        from mmengine.utils import digit_version

        found = digit_version(installed)
        return digit_version(self.oldest) <= found < digit_version(self.too_new)


# In the order of preference.
HOSTS = {
    host.name: host
    for host in (
        Host('mmselfsup', ('mmselfsup',), '1.0.0', '1.1'),
        Host('mmpretrain', ('mmpretrain', 'onedl-mmpretrain'), '1.2', '2'),
    )
}


@cache
def host_name() -> str:
    """Return the name of the host in use, ``'mmselfsup'`` or ``'mmpretrain'``.

    The environment variable ``SETSIM_MM_HOST`` chooses the host. Without it, the host
    is MMSelfSup where it is installed, else MMPretrain. A process has one host.

    Raises:
        UserError: If no host is installed, the variable names an unknown or a missing
            host, or the host's version is not supported.
    """
    name = os.environ.get(VARIABLE) or _first_installed()
    if name not in HOSTS:
        raise UserError(
            f'{VARIABLE}={name!r} is not a host: set it to {" or ".join(HOSTS)}.'
        )
    if find_spec(name) is None:
        raise UserError(
            f'{VARIABLE}={name} chooses a host that is not installed: install {name}, '
            f'or unset {VARIABLE}.'
        )
    host = HOSTS[name]
    installed = host.installed_version
    if installed is not None and not host.supports(installed):
        raise UserError(
            f'{name} {installed} is not supported: install {name}>={host.oldest},'
            f'<{host.too_new} (docs/hosts.md).'
        )
    return name


def is_host(name: str) -> bool:
    """Return whether a host is in use, False also if there is none."""
    try:
        return host_name() == name
    except UserError:
        return False


def _first_installed() -> str:
    for name in HOSTS:
        if find_spec(name) is not None:
            return name
    raise UserError(
        'neither mmselfsup nor mmpretrain is installed, and setsim_mm is a plugin of '
        'one of them: install one as in docs/install.md.'
    )
