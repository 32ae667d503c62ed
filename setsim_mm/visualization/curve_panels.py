"""The panels of training curves: which curves share axes, with which labels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .palette import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY_BLUE


@dataclass(frozen=True)
class Panel:
    """Curves that share their axes.

    Args:
        title (str): Title above the panel.
        label (str): Label of the vertical axis.
        curves (dict[str, tuple[str, str]]): Labels and colours of known curves, by
            their names in the log.
        prefix (str): Prefix of the names of other curves in this panel. Defaults to
            ``''``, no other curves.
        reference (str): Name of a curve for comparison, drawn dashed. Defaults to
            ``''``, none.
        smooth (bool): Whether to draw a running mean over the values. Defaults to
            True; otherwise the values are drawn as points.
        top (float, optional): Least upper limit of the vertical axis. Defaults to None.
    """

    title: str
    label: str
    curves: dict[str, tuple[str, str]]
    prefix: str = ''
    reference: str = ''
    smooth: bool = True
    top: float | None = None

    def holds(self, name: str) -> bool:
        """Return whether a curve belongs to this panel."""
        return name in self.curves or bool(self.prefix and name.startswith(self.prefix))


# Losses are shown with their weights in the total loss.
PANELS = (
    Panel(
        'Training loss',
        'loss',
        {
            'loss': ('total', BLACK),
            'loss_image': ('image level, (1 − λ)·L$_{img}$', BLUE),
            'loss_set': ('set level, λ·L$_{set}$', ORANGE),
        },
        prefix='loss',
    ),
    Panel(
        'Attended positions',
        'positions per view',
        {'attended_query': ('query', SKY_BLUE), 'attended_key': ('key', ORANGE)},
    ),
    Panel(
        'Positives by source',
        'positives per image',
        {
            'positives_from_attention': ('attention', SKY_BLUE),
            'positives_from_geometry': ('geometry', GREEN),
            'positives_added_by_geometry': ('+ geometry', GREEN),
            'positives_added_by_nearest_neighbor': ('+ neighbours', RED),
        },
        prefix='positives_',
    ),
    Panel(
        'Images without positives',
        'share of images',
        {'images_without_positive': ('images', PURPLE)},
        top=0.05,
    ),
    Panel(
        'Correspondence precision',
        'share of positions',
        {'correspondence_precision': ('backbone features', GREEN)},
        reference='correspondence_chance',
        smooth=False,
        top=0.6,
    ),
    Panel(
        'k-NN classification',
        'accuracy in %',
        {'knn_accuracy': ('frozen features', BLUE)},
        smooth=False,
    ),
    Panel(
        'Segmentation by frozen features',
        'mIoU in %',
        {
            'segmentation_miou': ('linear', ORANGE),
            'in_context_miou': ('in context', BLUE),
            'overclustering_miou': ('clusters', GREEN),
        },
        smooth=False,
    ),
    Panel(
        'Effective rank of the batch',
        'rank',
        {
            'effective_rank': ('images', PURPLE),
            'dense_effective_rank': ('positions', SKY_BLUE),
        },
    ),
    Panel(
        'Spread of normalised features',
        'standard deviation',
        {
            'feature_deviation': ('images', PURPLE),
            'dense_feature_deviation': ('positions', SKY_BLUE),
        },
    ),
)
# Drawn only on request: its unit differs from the others in its panel.
ON_REQUEST = ('positives_per_query',)


def is_drawn_by_default(name: str) -> bool:
    """Return whether a curve is drawn if no names are given."""
    return name not in ON_REQUEST and any(panel.holds(name) for panel in PANELS)


def arrange_panels(
    names: Sequence[str], one_curve_each: bool = False
) -> list[tuple[Panel, list[str]]]:
    """Assign curves to panels.

    Args:
        names (Sequence[str]): The names of the curves in the log.
        one_curve_each (bool): Whether each curve has a separate panel. Defaults to
            False: only a curve that belongs to no panel has one.

    Returns:
        list[tuple[Panel, list[str]]]: The panels with the names of their curves.
    """
    panels = []
    for panel in PANELS:
        here = [name for name in names if panel.holds(name) and name not in ON_REQUEST]
        known = [name for name in panel.curves if name in here]
        if here:
            others = [name for name in here if name not in known]
            panels.append((panel, known + others))
    drawn = {name for _, part in panels for name in part}
    alone = [name for name in names if name not in drawn]
    panels += [(Panel(name, 'value', {}), [name]) for name in alone]
    if not one_curve_each:
        return panels
    return [(_panel_of_one(panel, n), [n]) for panel, drawn in panels for n in drawn]


def _panel_of_one(panel: Panel, name: str) -> Panel:
    several = len(panel.curves) > 1 or bool(panel.prefix)
    title = name if several else panel.title
    return replace(panel, title=title, curves={}, prefix='')
