"""Functions for notebooks: pre-train, load a model, match two views, show the match.

The functions import MMSelfSup, torchvision and matplotlib when they are called: these
take longer to import than PyTorch.
"""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from setsim_mm.visualization import Match

    from .matching import match, show
    from .model import init_model
    from .pretraining import pretrain
    from .results import Results
    from .views import cut_views

__all__ = [
    'Match',
    'Results',
    'cut_views',
    'init_model',
    'match',
    'pretrain',
    'show',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
