"""Write images with N bands."""

import os

import numpy as np
import tifffile


def write_bands(path: str | os.PathLike, image: np.ndarray) -> None:
    """Write an image, HxWxN, as GeoTIFF files are: N bands of one page."""
    tifffile.imwrite(path, image, photometric='minisblack', planarconfig='contig')
