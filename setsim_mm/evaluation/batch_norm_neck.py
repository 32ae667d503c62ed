"""Normalise feature maps of any scale without learnable parameters."""

from torch import Tensor, nn

from setsim_mm.host import MODELS


@MODELS.register_module()
class BatchNormNeck(nn.Module):
    """BatchNorm without learnable parameters on the last feature map.

    The scale of features differs by orders of magnitude between backbones, so no single
    learning rate suits all of them. "Masked Autoencoders Are Scalable Vision Learners"
    (He et al., CVPR 2022), appendix A.1, uses such a BatchNorm before its linear probe.
    At test time it can be merged into the classifier, which stays linear.

    Args:
        channels (int): Number of channels of the feature map.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)

    def forward(self, maps: tuple[Tensor, ...]) -> tuple[Tensor]:
        """Normalise the last feature map, (N, C, H, W)."""
        return (self.norm(maps[-1]),)
