"""A copy-detection benchmark that is made from photographs."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.config import Config
from PIL import Image
from rich.progress import track

from setsim_mm.datasets import load_rgb
from setsim_mm.datasets.image_files import find_images
from setsim_mm.datasets.transforms import WHOLE_IMAGE, RandomSubset
from setsim_mm.host import TRANSFORMS
from setsim_mm.utils.errors import UserError
from setsim_mm.utils.random_state import SAMPLE, derived_seed, seed_all

QUALITY = 95  # of the queries' JPEG files


@dataclass(frozen=True)
class CopyBenchmark:
    """Photographs by their part in a benchmark.

    Args:
        references (list[str]): Paths of the references.
        sources (list[str]): Paths of the photographs that the queries are made from.
        copies (list[int | None]): The reference of each query; None for a distractor.
        training (list[str]): Paths of the training images.
        seed (int): Seed of the edits.
    """

    references: list[str]
    sources: list[str]
    copies: list[int | None]
    training: list[str]
    seed: int

    @classmethod
    def draw(
        cls,
        folder: Path,
        references: int,
        copies: int,
        distractors: int,
        training: int,
        seed: int = 0,
    ) -> 'CopyBenchmark':
        """Draw the photographs of each part.

        Args:
            folder (Path): Photographs, with subfolders.
            references (int): Number of references.
            copies (int): Number of queries with a reference, at most ``references``.
            distractors (int): Number of queries without one.
            training (int): Number of training images.
            seed (int): Determines the photographs and the edits. Defaults to 0.

        Raises:
            UserError: If there are too few photographs or references.
        """
        if not folder.is_dir():
            raise UserError(f'there is no folder {str(folder)!r}: correct its path.')
        found = find_images(str(folder))
        needed = references + distractors + training
        if needed > len(found) or not 1 <= copies <= references:
            raise UserError(
                f'{needed} photographs are needed, and 1 to {references} copies of '
                f'references; {str(folder)!r} has {len(found)}, and {copies} copies '
                'are asked for: choose smaller numbers.'
            )
        rng = np.random.default_rng(seed)
        drawn = [found[i] for i in rng.permutation(len(found))[:needed]]
        # Queries in random order, so that their names say nothing.
        chosen: list[int | None] = [*range(copies), *[None] * distractors]
        chosen = [chosen[i] for i in rng.permutation(len(chosen))]
        others = iter(drawn[references : references + distractors])
        return cls(
            drawn[:references],
            [next(others) if i is None else drawn[i] for i in chosen],
            chosen,
            drawn[references + distractors :],
            seed,
        )

    def write(self, out: Path, edits: str) -> None:
        """Write links, queries and ``truth.csv`` into a new folder.

        Args:
            out (Path): The folder.
            edits (str): Config with the list ``copy_edits`` of transforms. ``{folder}``
                in it is replaced by the folder of the training images.

        Raises:
            UserError: If the folder exists.
        """
        if out.exists():
            raise UserError(f'{str(out)!r} exists: choose another folder.')
        for name, letter, paths in (
            ('references', 'R', self.references),
            ('training', 'T', self.training),
        ):
            (out / name).mkdir(parents=True)
            for number, path in enumerate(paths):
                link = out / name / f'{letter}{number:06}{Path(path).suffix.lower()}'
                os.symlink(os.path.abspath(path), link)
        (out / 'queries').mkdir()
        # Overlays are photographs of the training part, which is copied by no query.
        options = {
            'copy_images': str(out / ('training' if self.training else 'references'))
        }
        edit = build_edits(edits, options)
        for number, path in enumerate(track(self.sources, 'queries')):
            seed_all(derived_seed(self.seed, SAMPLE, number))
            query = edit(dict(img=np.array(load_rgb(path)), box=WHOLE_IMAGE))['img']
            Image.fromarray(query).save(
                out / 'queries' / f'Q{number:06}.jpg', quality=QUALITY
            )
        with open(out / 'truth.csv', 'w', newline='') as file:
            writer = csv.writer(file)
            writer.writerow(['query_id', 'reference_id'])
            for number, reference in enumerate(self.copies):
                of = '' if reference is None else f'R{reference:06}'
                writer.writerow([f'Q{number:06}', of])

    def __str__(self) -> str:
        copies = sum(reference is not None for reference in self.copies)
        return (
            f'{len(self.references)} references, {copies} copies and '
            f'{len(self.copies) - copies} distractors as queries, '
            f'{len(self.training)} training images'
        )


def build_edits(path: str, options: dict[str, str]) -> RandomSubset:
    """Build the edits of a config, with other images for the overlays."""
    cfg = Config.fromfile(path)
    edits = cfg.copy_edits
    for edit in edits.transforms:
        if edit.type == 'CopyImageOverlay':
            edit.data_root = options['copy_images']
    return TRANSFORMS.build(edits)
