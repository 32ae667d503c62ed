"""Pictures of correspondence and of training curves."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .correspondence import draw_contact_sheet, draw_correspondence
    from .figure import rgb_array
    from .match import Match, find_matches, match_views
    from .training_curves import draw_training_curves

__all__ = [
    'Match',
    'draw_contact_sheet',
    'draw_correspondence',
    'draw_training_curves',
    'find_matches',
    'match_views',
    'rgb_array',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
