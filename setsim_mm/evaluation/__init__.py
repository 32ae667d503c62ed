"""Evaluation of frozen backbones, without labels and with few labels."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .batch_norm_neck import BatchNormNeck
    from .class_folders import ClassFolders, find_class_folders
    from .copy_detection import CopyDetectionResult, score_copies
    from .copy_metric import CopyDetectionMetric
    from .copy_predictions import CopySearch, Descriptors, predict_copies
    from .correspondence import (
        CorrespondenceCount,
        backbone_correspondence_precision,
        centers_inside,
        correspondence_precision,
    )
    from .frozen_backbone import (
        FrozenBackbone,
        last_feature_map,
        load_backbone,
        load_pretrained,
    )
    from .image_reading import ImageInputs, build_data_preprocessor, image_inputs
    from .in_context_memory import InContextOptions
    from .in_context_probe import InContextResult, evaluate_in_context
    from .knn import KNNResult, check_vote, evaluate_knn, knn_classify, pooled_features
    from .label_images import LabelImages, find_label_images
    from .mmseg_labels import mmseg_label_images
    from .overclustering import (
        OverclusteringOptions,
        OverclusteringResult,
        evaluate_overclustering,
    )
    from .segmentation_probe import run_segmentation_probe, segmentation_probe_config
    from .view_pairs import ViewPairs, cut_view_pairs

__all__ = [
    'BatchNormNeck',
    'ClassFolders',
    'CopyDetectionMetric',
    'CopyDetectionResult',
    'CopySearch',
    'CorrespondenceCount',
    'Descriptors',
    'FrozenBackbone',
    'ImageInputs',
    'InContextOptions',
    'InContextResult',
    'KNNResult',
    'LabelImages',
    'OverclusteringOptions',
    'OverclusteringResult',
    'ViewPairs',
    'backbone_correspondence_precision',
    'build_data_preprocessor',
    'centers_inside',
    'check_vote',
    'correspondence_precision',
    'cut_view_pairs',
    'evaluate_in_context',
    'evaluate_knn',
    'evaluate_overclustering',
    'find_class_folders',
    'find_label_images',
    'image_inputs',
    'knn_classify',
    'last_feature_map',
    'load_backbone',
    'load_pretrained',
    'mmseg_label_images',
    'pooled_features',
    'predict_copies',
    'run_segmentation_probe',
    'score_copies',
    'segmentation_probe_config',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
