"""Pictures of what a network has learned and of how."""

from .ablations import draw_points, draw_rows
from .correspondence import (
    CorrespondingSets,
    corresponding_sets,
    draw_contact_sheet,
    draw_correspondence,
    sets_found_by,
)
from .curves import Curve, draw_training_curves, read_curves

__all__ = [
    'CorrespondingSets',
    'Curve',
    'corresponding_sets',
    'draw_contact_sheet',
    'draw_correspondence',
    'draw_points',
    'draw_rows',
    'draw_training_curves',
    'read_curves',
    'sets_found_by',
]
