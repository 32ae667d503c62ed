"""Evaluation without labels."""

from .correspondence_precision import (
    CorrespondenceCount,
    backbone_correspondence_precision,
    centers_inside,
    correspondence_precision,
    evaluation_mode,
)
from .view_pairs import ViewPairs, cut_view_pairs, fixed_random_state

__all__ = [
    'CorrespondenceCount',
    'ViewPairs',
    'backbone_correspondence_precision',
    'centers_inside',
    'correspondence_precision',
    'cut_view_pairs',
    'evaluation_mode',
    'fixed_random_state',
]
