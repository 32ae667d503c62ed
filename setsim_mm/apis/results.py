"""Write the weights and pictures of a finished pre-training."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config

from setsim_mm.evaluation import cut_view_pairs
from setsim_mm.host import DATASETS
from setsim_mm.runs import read_curves
from setsim_mm.transfer.export import export_backbone, export_backbones
from setsim_mm.utils import UserError, last_checkpoint
from setsim_mm.visualization import (
    draw_contact_sheet,
    draw_training_curves,
    match_views,
)

from .model import init_model

PICTURE_SIZE = 192  # pixels of a drawn view, at least
PICTURE_SEED = 0


@dataclass(frozen=True)
class Results:
    """The files of a finished pre-training, and how precise its features are.

    Args:
        checkpoint (Path): The whole model and the state of the training.
        backbones (list[Path]): The weights of the backbone: ``backbone.pth`` and a
            file for each other library.
        curves (Path): Picture of the logged values.
        sets (Path): Picture of the sets that correspond.
        precision (tuple[float, float, float], optional): Correspondence precision
            before and after the training, and by chance. Defaults to None: it was not
            measured.
    """

    checkpoint: Path
    backbones: list[Path]
    curves: Path
    sets: Path
    precision: tuple[float, float, float] | None = None

    @property
    def files(self) -> list[Path]:
        """Return all files."""
        return [self.checkpoint, *self.backbones, self.curves, self.sets]


def write_results(cfg: Config) -> Results:
    """Export the backbone and draw the pictures of a training that has ended.

    Args:
        cfg (Config): The config, whose ``work_dir`` has the checkpoints.

    Raises:
        UserError: If there is no checkpoint.
    """
    work_dir = Path(cfg.work_dir)
    checkpoint = last_checkpoint(work_dir)
    if checkpoint is None:
        raise UserError(f'there is no checkpoint in {str(work_dir)!r}: train first.')
    curves, sets = work_dir / 'training_curves.png', work_dir / 'corresponding_sets.png'
    draw_training_curves(work_dir).savefig(curves)
    draw_sets(cfg, checkpoint, sets)
    backbones = [
        export_backbone(checkpoint, work_dir / 'backbone.pth'),
        *export_backbones(checkpoint, work_dir / 'backbones'),
    ]
    return Results(checkpoint, backbones, curves, sets, _precision(work_dir))


def draw_sets(cfg: Config, checkpoint: Path, path: Path) -> None:
    """Draw the sets that correspond in views of three images of the training."""
    dataset = deepcopy(cfg.train_dataloader.dataset)
    view = dataset.pipeline[1].transforms[0][0]
    view.size = max(PICTURE_SIZE, view.size)
    pairs = cut_view_pairs(DATASETS.build(dataset), num_images=3, seed=PICTURE_SEED)
    model = init_model(cfg, checkpoint)
    draw_contact_sheet(match_views(model, pairs.images, pairs.boxes)).savefig(path)


def _precision(work_dir: Path) -> tuple[float, float, float] | None:
    logged = read_curves(work_dir)
    if 'correspondence_precision' not in logged:
        return None
    values = logged['correspondence_precision'].values
    return values[0], values[-1], logged['correspondence_chance'].values[-1]
