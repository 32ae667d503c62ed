"""Queries, references and training images of a copy-detection benchmark."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from mmengine.dataset import BaseDataset

from setsim_mm.host import DATASETS, TRANSFORMS
from setsim_mm.utils.errors import UserError

from .image_files import find_images

# By role; the folders of the training images may be missing.
FOLDERS = dict(query='queries', reference='references', training='training')


@DATASETS.register_module()
class CopyImages(BaseDataset):
    """Images in the folders ``queries``, ``references`` and, optionally, ``training``.

    A sample has the keys ``img_path``, ``image_id`` and ``role`` (``query``,
    ``reference`` or ``training``). The identifier is the path inside the folder
    without its suffix.

    Args:
        data_root: The folder that contains them.
        pipeline: Transforms or their configs.
        **kwargs: Further arguments of mmengine's ``BaseDataset``.

    Raises:
        UserError: If queries or references are missing, or two images of a folder have
            the same identifier.

    Examples:
        >>> images = CopyImages('data/copies', pipeline=[dict(type='LoadRGBImage')])
    """

    def __init__(
        self,
        data_root: str,
        pipeline: Sequence[dict | Callable[[dict], dict]] = (),
        **kwargs,
    ) -> None:
        super().__init__(
            data_root=os.path.expanduser(data_root),
            test_mode=True,
            # Built here: BaseDataset finds MMSelfSup's transforms only in its scope.
            pipeline=[
                TRANSFORMS.build(t) if isinstance(t, dict) else t for t in pipeline
            ],
            **kwargs,
        )

    def load_data_list(self) -> list[dict]:
        """Return the images of all roles."""
        images = []
        for role, name in FOLDERS.items():
            folder = Path(self.data_root, name)
            found = find_images(str(folder)) if folder.is_dir() else []
            if not found and role != 'training':
                raise UserError(
                    f'there is no image in {str(folder)!r}: put the images into '
                    f'{" and ".join(list(FOLDERS.values())[:2])} of the data root.'
                )
            paths: dict[str, str] = {}
            for path in found:
                image = Path(path).relative_to(folder).with_suffix('').as_posix()
                if image in paths:
                    raise UserError(
                        f'{path!r} and {paths[image]!r} have the same identifier, '
                        f'{image!r}: rename one of them.'
                    )
                paths[image] = path
            images += [
                dict(img_path=path, image_id=image, role=role)
                for image, path in paths.items()
            ]
        return images
