"""Draw the correspondence of two views during training."""

from mmengine.dist import get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from setsim_mm.evaluation import ViewPairs, cut_view_pairs
from setsim_mm.host import DATASETS, HOOKS, get_model
from setsim_mm.utils.errors import UserError
from setsim_mm.visualization import draw_contact_sheet, match_views, rgb_array

from .probe_hook import require_at_least


@HOOKS.register_module()
class CorrespondencePictureHook(Hook):
    """Draw the correspondence of the same views before training and every few epochs.

    The picture of :func:`~setsim_mm.visualization.draw_contact_sheet` is sent to all
    backends of the visualizer as ``correspondence``. Its step is the number of
    iterations done. Only the main process draws. The random state, the modes of the
    modules and the data set are not changed.

    Args:
        interval (int): Epochs between two pictures. The last epoch is always drawn.
            Defaults to 10.
        num_images (int): Images in a picture. Defaults to 4.
        num_lines (int): Pairs of each source that are connected by a line. Defaults to
            6.
        seed (int): Selects the images and the views. Defaults to 0.
        dataset (dict, optional): Config of a data set whose pipeline returns two views
            with boxes. Defaults to None, the training set.

    Raises:
        ValueError: If a number is out of range.

    Examples:
        >>> custom_hooks = [dict(type='CorrespondencePictureHook', interval=5)]
    """

    priority = 'NORMAL'

    def __init__(
        self,
        interval: int = 10,
        num_images: int = 4,
        num_lines: int = 6,
        seed: int = 0,
        dataset: dict | None = None,
    ) -> None:
        require_at_least(1, interval=interval, num_images=num_images)
        require_at_least(0, num_lines=num_lines, seed=seed)
        self.interval = interval
        self.num_images = num_images
        self.num_lines = num_lines
        self.seed = seed
        self.dataset = dataset
        self._pairs: ViewPairs | None = None

    def before_train(self, runner: Runner) -> None:
        """Cut the views. Draw the first picture unless the run is resumed.

        Raises:
            UserError: If the model has no matcher, or no image can be read.
            ValueError: If the pipeline does not return two views with boxes.
        """
        model = get_model(runner.model)
        if not hasattr(model, 'matcher'):
            raise UserError(
                'CorrespondencePictureHook needs a model with a matcher, but '
                f'{type(model).__name__} has none: remove the hook from custom_hooks.'
            )
        if not is_main_process():
            return
        if self.dataset is None:
            dataset = runner.train_dataloader.dataset
        else:
            dataset = DATASETS.build(self.dataset)
        # cut_view_pairs returns the share of one process; the others draw nothing.
        self._pairs = cut_view_pairs(
            dataset, self.num_images * get_world_size(), self.seed
        )
        if len(self._pairs) == 0:
            raise UserError(
                'CorrespondencePictureHook finds no readable image: set its `dataset` '
                'to another data set, or remove the hook.'
            )
        if runner.iter == 0:
            self._draw(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Draw after every ``interval``-th epoch and after the last one."""
        is_due = self.every_n_epochs(runner, self.interval)
        if is_main_process() and (is_due or self.is_last_train_epoch(runner)):
            self._draw(runner)

    def _draw(self, runner: Runner) -> None:
        """Draw, and send the picture to the visualizer."""
        model = get_model(runner.model)
        matches = match_views(model, self._pairs.images, self._pairs.boxes)
        picture = rgb_array(draw_contact_sheet(matches, self.num_lines))
        runner.visualizer.add_image('correspondence', picture, step=runner.iter)
