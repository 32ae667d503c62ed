"""QK Iteration: a query and a key model that learn in turn against a whole data set."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from setsim_mm.host import MODELS, BaseModel, SelfSupDataSample

from ..memories import KeyBank

QUERY, KEY = SIDES = ('query', 'key')


@MODELS.register_module()
class QKIteration(BaseModel):
    """QK Iteration (https://arxiv.org/abs/2111.07954).

    The first view of an image is for the query model, the second for the key model. In
    a Q-phase the key model is frozen. The keys of all images stay valid: they are
    encoded once, and each step contrasts its queries with all of them. In a K-phase the
    roles are exchanged. :class:`~setsim_mm.engine.hooks.QKPhaseHook` runs the phases.

    The paper freezes one side's backbone. Here the whole side is frozen, its neck, too:
    otherwise the keys would change with each step.

    Args:
        backbone (dict): Config of the backbone of both sides.
        neck (dict): Config of the neck of both sides, which returns (N, D).
        head (dict): Config of the loss, :class:`BankContrastiveHead`.
        feat_dim (int): Dimension D of the neck's output. Defaults to 256, the limit of
            the Image Similarity Challenge.
        pretrained (str, optional): Checkpoint to start from. Defaults to None.
        data_preprocessor (dict, optional): Config of the preprocessor. Defaults to
            None, the default of mmselfsup.
        init_cfg (dict | list[dict], optional): Initialisation. Defaults to None.

    Attributes:
        phase (Tensor): Number of the phase, a long scalar; -1 before the first.
        learning (str): The side that learns, ``'query'`` or ``'key'``.
    """

    phase: Tensor

    def __init__(
        self,
        backbone: dict,
        neck: dict,
        head: dict,
        feat_dim: int = 256,
        pretrained: str | None = None,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(
            backbone=backbone,
            neck=neck,
            head=head,
            pretrained=pretrained,
            data_preprocessor=data_preprocessor,
            init_cfg=init_cfg,
        )
        # The query model has the names of other algorithms, for hooks and programs.
        self.key_model = nn.ModuleDict(
            dict(backbone=deepcopy(self.backbone), neck=deepcopy(self.neck))
        )
        self.feat_dim = feat_dim
        self.register_buffer('phase', torch.tensor(-1))
        self.learning = QUERY
        self.bank: KeyBank | None = None

    def encoder(self, side: str) -> nn.ModuleDict:
        """Return backbone and neck of a side."""
        if side == KEY:
            return self.key_model
        return nn.ModuleDict(dict(backbone=self.backbone, neck=self.neck))

    def describe(self, images: Tensor, side: str = QUERY) -> Tensor:
        """Compute the descriptors of images by one side.

        Args:
            images (Tensor): Preprocessed images, (N, 3, height, width).
            side (str): ``'query'`` or ``'key'``. Defaults to ``'query'``.

        Returns:
            Tensor: L2-normalised, in float32 at least, (N, D).
        """
        encoder = self.encoder(side)
        encoded = encoder['neck'](encoder['backbone'](images))[-1]
        # The eps of F.normalize underflows in half precision.
        dtype = torch.promote_types(encoded.dtype, torch.float32)
        return F.normalize(encoded.to(dtype))

    @torch.no_grad()
    def begin_phase(self, number: int, learning: str, bank: KeyBank) -> None:
        """Begin a phase, or continue it after resuming.

        Args:
            number (int): Number of the phase.
            learning (str): The side that learns.
            bank (KeyBank): Encodings of all images by the other side.
        """
        self.phase.fill_(number)
        self.learning, self.bank = learning, bank

    @torch.no_grad()
    def copy_query_model(self) -> None:
        """Copy the query model to the key model, which begin equal."""
        query = self.encoder(QUERY)
        self.key_model.load_state_dict(query.state_dict())

    def extract_feat(self, inputs: list[Tensor], **kwargs: object) -> tuple[Tensor]:
        """Return the query backbone's features of the first view."""
        return self.backbone(inputs[0])

    def loss(
        self, inputs: list[Tensor], data_samples: list[SelfSupDataSample]
    ) -> dict[str, Tensor]:
        """Compute the loss of one training step.

        Args:
            inputs (list[Tensor]): The views for the two sides, (N, 3, height, width).
            data_samples (list[SelfSupDataSample]): With ``sample_idx``.

        Returns:
            dict[str, Tensor]: The loss, and a statistic for the log.

        Raises:
            ValueError: If no phase has begun, the number of views is not 2, or the
                samples have no index.
        """
        if self.bank is None:
            raise ValueError(
                'no phase of QK Iteration has begun: add dict(type="QKPhaseHook") to '
                'custom_hooks.'
            )
        if len(inputs) != 2:
            raise ValueError(
                f'QK Iteration needs a view for each side, but the pipeline returns '
                f'{len(inputs)}: set num_views=[1, 1] in MultiViewWithBoxes.'
            )
        images = sample_indices(data_samples).to(self.phase.device)  # N
        view = inputs[SIDES.index(self.learning)]
        queries = self.describe(view, self.learning)  # N, D
        return self.head(queries, self.bank, images)

    def predict(
        self, inputs: list[Tensor], data_samples: list[SelfSupDataSample]
    ) -> list[SelfSupDataSample]:
        """Describe references by the key model, and other images by the query model.

        Args:
            inputs (list[Tensor]): The images, (N, 3, height, width).
            data_samples (list[SelfSupDataSample]): ``role`` is in the metainfo.

        Returns:
            list[SelfSupDataSample]: The same, with ``descriptor``, (D,).
        """
        sides = [
            QUERY if sample.metainfo['role'] == QUERY else KEY
            for sample in data_samples
        ]
        for side in SIDES:
            chosen = [i for i, own in enumerate(sides) if own == side]
            if chosen:
                descriptors = self.describe(inputs[0][chosen], side)
                for i, descriptor in zip(chosen, descriptors, strict=True):
                    data_samples[i].set_field(descriptor, 'descriptor')
        return data_samples


def sample_indices(data_samples: list[SelfSupDataSample]) -> Tensor:
    """Return the indices of samples in the data set, long, (N,).

    Raises:
        ValueError: If they are not packed.
    """
    if 'sample_idx' not in data_samples[0]:
        raise ValueError(
            "the samples have no index: set algorithm_keys=['sample_idx'] in "
            'PackSelfSupInputs.'
        )
    return torch.cat([sample.sample_idx.value for sample in data_samples])
