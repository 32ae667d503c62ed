"""Toy data sets of drawn scenes in the formats of the real data sets."""

from .make import make_toy_datasets
from .scene import Scene, SceneObject, draw_scenes

__all__ = ['Scene', 'SceneObject', 'draw_scenes', 'make_toy_datasets']
