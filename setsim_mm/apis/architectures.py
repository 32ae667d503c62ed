"""The networks that :func:`setsim_mm.pretrain` knows by name."""

from dataclasses import dataclass

from setsim_mm.utils.config_errors import did_you_mean
from setsim_mm.utils.errors import UserError


@dataclass(frozen=True)
class Architecture:
    """A network, the schedule that suits it, and the GPU memory that it needs.

    Args:
        model (str): File in ``configs/selfsup/_base_/models``, without suffix.
        megabytes (int): Estimated memory of an image of 224 px in mixed precision; not
            measured, and rounded up.
        is_resnet (bool): Whether it is a ResNet, which takes MoCo-v2's schedule. The
            others take MoCo-v3's. Defaults to False.
    """

    model: str
    megabytes: int
    is_resnet: bool = False

    @property
    def schedule(self) -> str:
        """Return the file in ``configs/selfsup/_base_/schedules``, without suffix."""
        return 'sgd_cosine_200e' if self.is_resnet else 'adamw_cosine_200e'


ARCHITECTURES = {
    'resnet18': Architecture('setsim_r18', 100, is_resnet=True),
    'resnet50': Architecture('setsim_r50', 300, is_resnet=True),
    'resnet101': Architecture('setsim_r101', 450, is_resnet=True),
    'convnext-tiny': Architecture('setsim_convnext-tiny', 350),
    'swin-tiny': Architecture('setsim_swin-tiny', 350),
    'vit-small': Architecture('setsim_vit-small', 250),
}


def find_architecture(name: str) -> Architecture:
    """Return the architecture of a name.

    Raises:
        UserError: If there is none.
    """
    if name not in ARCHITECTURES:
        raise UserError(
            f'there is no architecture {name!r}{did_you_mean(name, ARCHITECTURES)}: '
            f'choose one of {", ".join(ARCHITECTURES)}.'
        )
    return ARCHITECTURES[name]
