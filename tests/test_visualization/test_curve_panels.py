import pytest

from setsim_mm.visualization.curve_panels import arrange_panels, is_drawn_by_default


@pytest.mark.parametrize(
    ('name', 'drawn'),
    [
        ('loss_dense', True),
        ('positives_from_depth', True),
        ('positives_per_query', False),
        ('knn_accuracy', True),
        ('in_context_miou', True),
        ('dense_effective_rank', True),
        ('lr', False),
    ],
)
def test_curves_that_are_drawn_by_default(name, drawn):
    assert is_drawn_by_default(name) is drawn


def test_known_curves_come_first_and_unknown_ones_have_a_panel_each():
    names = ['lr', 'loss_dense', 'loss_set', 'loss', 'positives_per_query']
    panels = {panel.title: drawn for panel, drawn in arrange_panels(names)}
    assert panels == {
        'Training loss': ['loss', 'loss_set', 'loss_dense'],
        'lr': ['lr'],
        'positives_per_query': ['positives_per_query'],
    }


def test_one_panel_for_each_curve_keeps_the_style_of_its_panel():
    names = ['attended_key', 'correspondence_precision']
    panels = arrange_panels(names, one_curve_each=True)
    assert [drawn for _, drawn in panels] == [[name] for name in names]
    (attended, precision) = (panel for panel, _ in panels)
    assert (attended.title, attended.label) == ('attended_key', 'positions per view')
    assert precision.title == 'Correspondence precision'
    assert precision.reference == 'correspondence_chance'
    assert not precision.smooth and precision.top == 0.6


def test_figures_of_one_unit_share_a_panel():
    levels = [
        f'{level}{name}'
        for name in ('effective_rank', 'feature_deviation')
        for level in ('', 'dense_')
    ]
    mious = ['segmentation_miou', 'in_context_miou', 'overclustering_miou']
    panels = [drawn for _, drawn in arrange_panels(levels + mious)]
    assert panels == [mious, levels[:2], levels[2:]]
