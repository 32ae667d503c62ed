"""Divisions of the labelled images: held-out ones, and nested shares of the others."""

import json
import math
from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from setsim_mm.runs.settings import differences
from setsim_mm.utils import UserError
from setsim_mm.utils.durable_files import write_text_whole
from setsim_mm.utils.json_files import read_json
from setsim_mm.utils.printable import some_of

from .labelled_sets import LabelledSet, Sample


@dataclass(frozen=True)
class Split:
    """The division of one seed.

    Args:
        labelled (tuple[str, ...]): Names of the images that give labels, in an order of
            which every share is the beginning.
        held_out (tuple[str, ...]): Names of the images that are measured.
    """

    labelled: tuple[str, ...]
    held_out: tuple[str, ...]


def split_of(labelled_set: LabelledSet, seed: int, val_share: float) -> Split:
    """Divide labelled images.

    Class folders are divided class by class. Images that are held out already stay so.

    Args:
        labelled_set (LabelledSet): The images.
        seed (int): The seed.
        val_share (float): The share that is held out, unless some images are already.

    Returns:
        Split: It depends on the images and the seed alone.

    Raises:
        UserError: If there are too few images.
    """
    samples = labelled_set.samples
    held_out = [sample for sample in samples if sample.held_out]
    rest = [sample for sample in samples if not sample.held_out]
    if not held_out:
        rest, held_out = _divide(rest, seed, val_share, stratify=not labelled_set.dense)
    return Split(
        tuple(rest[place].name for place in nested_order(rest, seed)),
        tuple(sorted(sample.name for sample in held_out)),
    )


def _divide(
    samples: Sequence[Sample], seed: int, val_share: float, stratify: bool
) -> tuple[list[Sample], list[Sample]]:
    # Not at the top: importing scikit-learn takes a second.
    from sklearn.model_selection import train_test_split

    try:
        return train_test_split(
            samples,
            test_size=val_share,
            stratify=[sample.label for sample in samples] if stratify else None,
            random_state=seed,
        )
    except ValueError as error:
        raise UserError(
            f'{len(samples)} labelled images cannot be divided with a share of '
            f'{val_share:g} held out ({error}): label more images, or give the '
            'held-out ones with --val-images.'
        ) from error


def nested_order(samples: Sequence[Sample], seed: int) -> list[int]:
    """Order images so that every beginning covers the classes as well as it can.

    The next image is a random one with the class of which the smallest share has been
    taken, and of several such classes the most frequent one. With one class an image,
    every beginning is stratified.

    Args:
        samples (Sequence[Sample]): The images.
        seed (int): The seed.

    Returns:
        list[int]: Their places.
    """
    places = np.random.default_rng(seed).permutation(len(samples)).tolist()
    waiting: dict[int, deque[int]] = defaultdict(deque)  # by class
    for place in places:
        for number in samples[place].present:
            waiting[number].append(place)
    total = {number: len(of_class) for number, of_class in waiting.items()}
    taken: Counter[int] = Counter()
    order: dict[int, None] = {}
    while left := [number for number in sorted(total) if taken[number] < total[number]]:
        rarest = min(left, key=lambda n: (taken[n] / total[n], -total[n]))
        while (place := waiting[rarest].popleft()) in order:
            pass
        order[place] = None
        taken.update(samples[place].present)
    without_class = [place for place in places if place not in order]
    return [*order, *without_class]


def sizes_of(shares: Sequence[float], number: int, seeds: int) -> dict[float, int]:
    """Return how many labelled images each share has.

    Args:
        shares (Sequence[float]): In percent.
        number (int): The number of images that give labels.
        seeds (int): The number of seeds.

    Returns:
        dict[float, int]: By share, ascending.

    Raises:
        UserError: If a share is out of range or has no image, if two shares have as
            many images, or if there are fewer images than seeds.
    """
    sizes: dict[float, int] = {}
    for share in sorted(set(shares)):
        if not 0 < share <= 100:
            raise UserError(
                f'a share is between 0 and 100 %, not {share:g}: correct --shares.'
            )
        sizes[share] = round(number * share / 100)
        if sizes[share] == 0:
            raise UserError(
                f'{share:g} % of {number} labelled images is none: label '
                f'{math.ceil(100 / share)} or more, or leave this share out of '
                '--shares.'
            )
    if len(set(sizes.values())) < len(sizes):
        listed = ', '.join(f'{share:g} % is {n}' for share, n in sizes.items())
        raise UserError(
            f'two shares of {number} labelled images have as many ({listed}): label '
            'more, or leave one out of --shares.'
        )
    if number < seeds:
        raise UserError(
            f'{number} labelled images are fewer than the {seeds} seeds, which would '
            'draw the same ones: label more, or use fewer --seeds.'
        )
    return sizes


def require_made_from(path: Path, made_from: Mapping[str, Any]) -> None:
    """Raise an error if saved splits were made from something else.

    Args:
        path (Path): The JSON file of :func:`save_splits`, which may be missing.
        made_from (Mapping[str, Any]): See :func:`save_splits`.

    Raises:
        UserError: If so.
    """
    if not path.is_file():
        return
    differ = differences(_load(path)['made_from'], dict(made_from), 'there', 'here')
    if differ:
        raise UserError(
            f'{str(path.parent)!r} holds a comparison of other data or options '
            f'({some_of(differ)}): choose another folder with --work-dir, or move it '
            'away.'
        )


def splits_for(
    path: Path, labelled_set: LabelledSet, seeds: Sequence[int], val_share: float
) -> dict[int, Split]:
    """Return the splits of the seeds, as they were saved or new ones.

    Args:
        path (Path): The JSON file of :func:`save_splits`, which may be missing.
        labelled_set (LabelledSet): The images.
        seeds (Sequence[int]): The seeds.
        val_share (float): See :func:`split_of`.

    Returns:
        dict[int, Split]: By seed.
    """
    saved = _load(path)['seeds'] if path.is_file() else {}
    return {
        seed: _split(saved[str(seed)])
        if str(seed) in saved
        else split_of(labelled_set, seed, val_share)
        for seed in seeds
    }


def save_splits(
    path: Path, splits: Mapping[int, Split], made_from: Mapping[str, Any]
) -> None:
    """Write splits to a JSON file, in addition to those that it has.

    Args:
        path (Path): The file.
        splits (Mapping[int, Split]): By seed.
        made_from (Mapping[str, Any]): What decides splits and runs beside the seeds,
            as JSON reads it back.
    """
    saved = _load(path)['seeds'] if path.is_file() else {}
    seeds = saved | {str(seed): asdict(split) for seed, split in splits.items()}
    text = json.dumps(dict(made_from=made_from, seeds=seeds), indent=1)
    write_text_whole(path, text + '\n')


def _load(path: Path) -> dict[str, Any]:
    return read_json(path, made_from=dict, seeds=dict)


def _split(saved: Mapping[str, Sequence[str]]) -> Split:
    return Split(tuple(saved['labelled']), tuple(saved['held_out']))
