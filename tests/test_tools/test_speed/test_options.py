"""The options name what the measurements, which are slow to import, have."""

from measurements import common_options, methods, options, parts, timing
from setsim_mm.datasets import packed


def test_choices_are_those_of_the_measurements():
    assert set(common_options.CLOCKS) == set(timing.CLOCKS)
    assert set(common_options.DEPTHS) == set(methods.WIDTHS)
    assert set(options.FORMATS) == set(packed.FORMATS)
    assert set(options.ROLES) == set(parts.METHODS)
