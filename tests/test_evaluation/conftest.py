"""Labelled images for the dense evaluations."""

import pytest

from setsim_mm.evaluation.label_images import LabelImages
from tests.labelled_images import camvid_images, write_camvid


@pytest.fixture
def camvid(tmp_path) -> list[LabelImages]:
    """Street scenes that colour alone tells apart: labelled ones, and others."""
    root = write_camvid(tmp_path / 'camvid')
    return [camvid_images(root, part) for part in ('train', 'val')]
