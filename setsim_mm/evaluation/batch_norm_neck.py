"""Features of any scale made comparable, without anything to learn."""

from torch import Tensor, nn

from setsim_mm.host import MODELS


@MODELS.register_module()
class BatchNormNeck(nn.Module):
    """BatchNorm without weights of its own on the last feature map.

    Backbones differ in the scale of their features by orders of magnitude, so that no
    learning rate would do for all of them. "Masked Autoencoders Are Scalable Vision
    Learners" (He et al., CVPR 2022), appendix A.1, puts such a BatchNorm before its
    linear probe; the classifier stays linear, since at test time the two are one.

    Args:
        channels (int): Of the feature map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)

    def forward(self, maps: tuple[Tensor, ...]) -> tuple[Tensor]:
        """Normalise the last of the maps, (N, C, H, W)."""
        return (self.norm(maps[-1]),)
