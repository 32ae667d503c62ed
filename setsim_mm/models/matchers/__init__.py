"""Matchers: which key positions are positives of which query positions."""

from .attention import AttentionMatcher, attended_positions, spatial_attention
from .base import Matcher, build_matcher, union_of
from .geometric import (
    GeometricMatcher,
    cell_centers,
    cell_diagonals,
    geometric_distance,
)
from .one_to_one import HungarianMatcher, RandomMatcher, SortMatcher
from .set2set import Set2SetMatcher, Set2SetNNMatcher
from .similarity import cosine_similarity, nearest_neighbors
from .statistics import matching_statistics
from .union import UnionMatcher

__all__ = [
    'AttentionMatcher',
    'GeometricMatcher',
    'HungarianMatcher',
    'Matcher',
    'RandomMatcher',
    'Set2SetMatcher',
    'Set2SetNNMatcher',
    'SortMatcher',
    'UnionMatcher',
    'attended_positions',
    'build_matcher',
    'cell_centers',
    'cell_diagonals',
    'cosine_similarity',
    'geometric_distance',
    'matching_statistics',
    'nearest_neighbors',
    'spatial_attention',
    'union_of',
]
