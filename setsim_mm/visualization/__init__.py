"""Pictures of what a network has learned and of how."""

from .ablations import draw_points, draw_rows
from .bars import draw_bars
from .correspondence import draw_contact_sheet, draw_correspondence
from .curves import Curve, read_curves
from .figure import rgb_array
from .match import Match, find_matches, match_views
from .training_curves import draw_training_curves

__all__ = [
    'Curve',
    'Match',
    'draw_bars',
    'draw_contact_sheet',
    'draw_correspondence',
    'draw_points',
    'draw_rows',
    'draw_training_curves',
    'find_matches',
    'match_views',
    'read_curves',
    'rgb_array',
]
