"""Queues and banks of negatives."""

from .feature_queue import FeatureQueue
from .key_bank import KeyBank

__all__ = ['FeatureQueue', 'KeyBank']
