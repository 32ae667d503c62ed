"""Measurements of speed and memory, each against what a user would run instead."""

from .timing import time_in_turn

__all__ = ['time_in_turn']
