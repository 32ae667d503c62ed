"""Evaluation of frozen backbones, without labels and with few labels."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .batch_norm_neck import BatchNormNeck
    from .class_folders import ClassFolders, find_class_folders
    from .correspondence import (
        CorrespondenceCount,
        backbone_correspondence_precision,
        centers_inside,
        correspondence_precision,
    )
    from .frozen_backbone import (
        FrozenBackbone,
        build_data_preprocessor,
        last_feature_map,
        load_backbone,
        rgb_preprocess,
    )
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
    'CorrespondenceCount',
    'FrozenBackbone',
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
    'knn_classify',
    'last_feature_map',
    'load_backbone',
    'mmseg_label_images',
    'pooled_features',
    'rgb_preprocess',
    'run_segmentation_probe',
    'segmentation_probe_config',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
