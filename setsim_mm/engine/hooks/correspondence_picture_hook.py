"""Watching what corresponds in two views while SetSim trains."""

from mmengine.dist import get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

from setsim_mm.evaluation import ViewPairs, cut_view_pairs
from setsim_mm.host import DATASETS, HOOKS, get_model
from setsim_mm.utils.errors import UserError
from setsim_mm.visualization import draw_contact_sheet, match_views, rgb_array


@HOOKS.register_module()
class CorrespondencePictureHook(Hook):
    """Draw what the matcher finds, before training and every few epochs.

    The picture is that of :func:`~setsim_mm.visualization.draw_contact_sheet`, always
    of the same views. It goes to all backends of the visualizer as
    ``correspondence``, with the number of iterations done as its step. Training goes
    on as if the hook were not there: random state, modes of the modules and data set
    stay untouched. Only the main process draws.

    Args:
        interval (int): Epochs between two pictures; the last epoch is always drawn.
            Defaults to 10.
        num_images (int): Images on a picture. Defaults to 4.
        num_lines (int): Pairs of each source to join by a line. Defaults to 6.
        seed (int): Chooses the images and the views. Defaults to 0.
        dataset (dict, optional): Config of the data set whose pipeline gives two
            views with boxes. Defaults to None, the training set.

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
        for name, value, least in (
            ('interval', interval, 1),
            ('num_images', num_images, 1),
            ('num_lines', num_lines, 0),
            ('seed', seed, 0),
        ):
            if value < least:
                raise ValueError(f'{name} must be at least {least}, but is {value}')
        self.interval = interval
        self.num_images = num_images
        self.num_lines = num_lines
        self.seed = seed
        self.dataset = dataset
        self._pairs: ViewPairs | None = None

    def before_train(self, runner: Runner) -> None:
        """Cut the views and, unless a run is resumed, draw the untrained network's.

        Args:
            runner (Runner): The runner of the training process.

        Raises:
            UserError: If the model has no matcher, or no image can be read.
            ValueError: If the pipeline does not give two views with their boxes.
        """
        model = get_model(runner.model)
        if not hasattr(model, 'matcher'):
            raise UserError(
                'CorrespondencePictureHook draws what a matcher finds, but '
                f'{type(model).__name__} has none: remove the hook from custom_hooks.'
            )
        if not is_main_process():
            return
        if self.dataset is None:
            dataset = runner.train_dataloader.dataset
        else:
            dataset = DATASETS.build(self.dataset)
        # Each process is given its share, and the other ones draw nothing.
        self._pairs = cut_view_pairs(
            dataset, self.num_images * get_world_size(), self.seed
        )
        if len(self._pairs) == 0:
            raise UserError(
                'CorrespondencePictureHook finds no image that can be read: name '
                'another data set as its `dataset`, or remove the hook.'
            )
        if runner.iter == 0:
            self._draw(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Draw at the end of every ``interval``-th epoch and of the last one.

        Args:
            runner (Runner): The runner of the training process.
        """
        is_due = self.every_n_epochs(runner, self.interval)
        if is_main_process() and (is_due or self.is_last_train_epoch(runner)):
            self._draw(runner)

    def _draw(self, runner: Runner) -> None:
        """Draw, and hand the picture to the visualizer."""
        model = get_model(runner.model)
        matches = match_views(model, self._pairs.images, self._pairs.boxes)
        picture = rgb_array(draw_contact_sheet(matches, self.num_lines))
        runner.visualizer.add_image('correspondence', picture, step=runner.iter)
