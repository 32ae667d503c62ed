"""What a notebook needs: a trained model, two images, what corresponds in them."""

from .matching import match, show
from .model import init_model
from .views import cut_views

__all__ = ['cut_views', 'init_model', 'match', 'show']
