"""Images packed into an LMDB file or into tar shards."""

from typing import TYPE_CHECKING

from setsim_mm.lazy import import_on_demand

if TYPE_CHECKING:
    from .lmdb_file import LmdbFileBackend
    from .packed_images import PackedImages, images_in, is_packed
    from .packing import FORMATS, pack_images
    from .tar_shards import TarShardsBackend

__all__ = [
    'FORMATS',
    'LmdbFileBackend',
    'PackedImages',
    'TarShardsBackend',
    'images_in',
    'is_packed',
    'pack_images',
]

__getattr__, __dir__ = import_on_demand(__name__, __file__)
