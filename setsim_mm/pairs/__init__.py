"""Pairs of different images that look alike: the sampler of SePP-ID."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .embeddings import Embeddings, centered, load_embeddings, normalized_half
    from .encoders import load_encoder
    from .encoding import Encoder, encode_images
    from .image_set import TrainingImages, training_images
    from .sampling import PairRequest, sample_pairs
    from .semantic import FoundPairs, check_window, find_semantic_pairs
    from .summary import PairSummary, summarize_pairs
    from .timm_models import load_timm_encoder

__all__ = [
    'Embeddings',
    'Encoder',
    'FoundPairs',
    'PairRequest',
    'PairSummary',
    'TrainingImages',
    'centered',
    'check_window',
    'encode_images',
    'find_semantic_pairs',
    'load_embeddings',
    'load_encoder',
    'load_timm_encoder',
    'normalized_half',
    'sample_pairs',
    'summarize_pairs',
    'training_images',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
