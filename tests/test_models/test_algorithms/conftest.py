"""A backbone small enough to follow a training step by hand."""

import pytest

from setsim_mm.registry import MODELS

from .tiny_steps import TinyBackbone


@pytest.fixture
def tiny_backbone(restored_registries):
    """Register the backbone for one test."""
    MODELS.register_module(module=TinyBackbone)
