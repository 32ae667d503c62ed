"""Hooks."""

from .bounded_history_hook import BoundedHistoryHook
from .broken_numbers_hook import BrokenNumbersHook
from .channels_last_hook import ChannelsLastHook
from .correspondence_picture_hook import CorrespondencePictureHook
from .correspondence_precision_hook import CorrespondencePrecisionHook
from .durable_checkpoint_hook import DurableCheckpointHook
from .durable_logger_hook import DurableLoggerHook
from .fixed_learning_rate_hook import FixedLearningRateHook
from .in_context_hook import InContextHook
from .knn_hook import KNNHook
from .overclustering_hook import OverclusteringHook
from .pretext_accuracy_hook import PretextAccuracyHook
from .pretraining_check_hook import PreTrainingCheckHook
from .probe_hook import ProbeHook
from .provenance_hook import ProvenanceHook
from .representation_health_hook import RepresentationHealthHook
from .segmentation_probe_hook import SegmentationProbeHook
from .starting_weights_hook import StartingWeightsHook
from .unreadable_images_hook import UnreadableImagesHook

__all__ = [
    'BoundedHistoryHook',
    'BrokenNumbersHook',
    'ChannelsLastHook',
    'CorrespondencePictureHook',
    'CorrespondencePrecisionHook',
    'DurableCheckpointHook',
    'DurableLoggerHook',
    'FixedLearningRateHook',
    'InContextHook',
    'KNNHook',
    'OverclusteringHook',
    'PreTrainingCheckHook',
    'PretextAccuracyHook',
    'ProbeHook',
    'ProvenanceHook',
    'RepresentationHealthHook',
    'SegmentationProbeHook',
    'StartingWeightsHook',
    'UnreadableImagesHook',
]
