"""Prepare the data of a comparison: labels, splits and the images of pre-training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from setsim_mm.utils import require_writable
from setsim_mm.utils.file_digest import file_sha256

from .annotations import Annotations
from .finetuning_data import LABELS
from .labelled_sets import LabelledSet, build_labelled_set
from .splits import Split, require_made_from, save_splits, sizes_of, splits_for
from .unlabelled import UnlabelledImages


@dataclass(frozen=True)
class Data:
    """The data of a comparison.

    Args:
        labelled_set (LabelledSet): All labelled images.
        splits (Mapping[int, Split]): Their division, by seed.
        sizes (Mapping[float, int]): The number of labelled images of each share.
        lists (Mapping[int, Path]): The list of the images of pre-training, by seed.
        root (Path): The folder that these lists are relative to.
        made_from (Mapping[str, Any]): What decides all of it beside the seeds.
        notes (Sequence[str]): Sentences that a reader of the result must know.
    """

    labelled_set: LabelledSet
    splits: Mapping[int, Split]
    sizes: Mapping[float, int]
    lists: Mapping[int, Path]
    root: Path
    made_from: Mapping[str, Any]
    notes: Sequence[str]


def prepare_data(
    annotations: Annotations,
    unlabelled: UnlabelledImages,
    work_dir: Path,
    seeds: Sequence[int],
    shares: Sequence[float],
    val_share: float = 0.2,
    pretrain_on_held_out: bool = False,
) -> Data:
    """Check all labels, and write splits and lists to the folder of the comparison.

    Args:
        annotations (Annotations): The labels.
        unlabelled (UnlabelledImages): The images of pre-training. Those that are held
            out are recognised by their content.
        work_dir (Path): The folder, an absolute path.
        seeds (Sequence[int]): The seeds, each with a split of its own.
        shares (Sequence[float]): Of the labels, in percent.
        val_share (float): Share of the labelled images that is held out, unless some
            are given apart. Defaults to 0.2.
        pretrain_on_held_out (bool): Whether to leave held-out images in pre-training.
            Defaults to False.

    Returns:
        Data: The data.

    Raises:
        UserError: If the data are wrong or too few, or the folder holds a comparison
            of other ones. Nothing is written over.
    """
    made_from = dict(
        labels=annotations.digest,
        unlabelled=unlabelled.digest,
        shares=sorted(map(float, set(shares))),
        val_share=None if annotations.held_out else val_share,
        pretrain_on_held_out=pretrain_on_held_out,
    )
    file = work_dir / 'splits.json'
    require_made_from(file, made_from)
    require_writable(work_dir)
    labelled_set = build_labelled_set(annotations, work_dir / LABELS)
    splits = splits_for(file, labelled_set, seeds, val_share)
    (number,) = {len(split.labelled) for split in splits.values()}
    sizes = sizes_of(shares, number, len(splits))
    images = {sample.name: sample.image for sample in labelled_set.samples}
    lists, copies = {}, {}
    for seed, split in splits.items():
        found = unlabelled.copies_of(images[name] for name in split.held_out)
        copies[seed] = len(found)
        lists[seed] = work_dir / 'unlabelled' / f'seed_{seed}.txt'
        unlabelled.write_list(lists[seed], set() if pretrain_on_held_out else found)
    save_splits(file, splits, made_from)
    notes = [
        _sizes_note(labelled_set, next(iter(splits.values())), sizes),
        _held_out_note(unlabelled, copies, pretrain_on_held_out),
        *_copies_notes(images, splits),
        *_coverage_notes(labelled_set, splits, sizes),
    ]
    return Data(labelled_set, splits, sizes, lists, unlabelled.root, made_from, notes)


def _sizes_note(
    labelled_set: LabelledSet, split: Split, sizes: Mapping[float, int]
) -> str:
    listed = ', '.join(f'{share:g} % are {number}' for share, number in sizes.items())
    drawn = (
        ' Label images were drawn from the objects.'
        if any(sample.shapes for sample in labelled_set.samples)
        else ''
    )
    return (
        f'{len(split.labelled)} labelled images ({labelled_set.format}, '
        f'{len(labelled_set.classes)} classes): {listed}. {len(split.held_out)} others '
        f'are held out.{drawn}'
    )


def _held_out_note(
    unlabelled: UnlabelledImages, copies: Mapping[int, int], kept: bool
) -> str:
    numbers = sorted(set(copies.values()))
    listed = ' or '.join(map(str, numbers))
    if numbers == [0]:
        return 'No held-out image is among the unlabelled ones.'
    if kept:
        return (
            f'{listed} of the {len(unlabelled.sizes)} unlabelled images are held out '
            'and IN pre-training (--pretrain-on-held-out): what is pre-trained here '
            'has seen the images that it is measured on.'
        )
    return (
        f'{listed} of the {len(unlabelled.sizes)} unlabelled images are held out, and '
        'left out of pre-training.'
    )


def _copies_notes(images: Mapping[str, str], splits: Mapping[int, Split]) -> list[str]:
    """Return a note if images that give labels are copies of held-out ones."""
    contents = {name: file_sha256(path) for name, path in images.items()}
    copies = []
    for split in splits.values():
        held_out = {contents[name] for name in split.held_out}
        copies.append(sum(contents[name] in held_out for name in split.labelled))
    if not any(copies):
        return []
    listed = ' or '.join(map(str, sorted(set(copies))))
    return [
        f'{listed} of the images that give labels are copies of held-out ones, which '
        'helps every starting point: remove duplicates.'
    ]


def _coverage_notes(
    labelled_set: LabelledSet,
    splits: Mapping[int, Split],
    sizes: Mapping[float, int],
) -> list[str]:
    """Return a note for each share that does not show all classes."""
    present = {sample.name: sample.present for sample in labelled_set.samples}
    whole = len(frozenset().union(*present.values()))
    notes = []
    for share, number in sizes.items():
        shown = [
            len(frozenset().union(*(present[n] for n in split.labelled[:number])))
            for split in splits.values()
        ]
        if min(shown) < whole:
            listed = ' to '.join(map(str, sorted({min(shown), max(shown)})))
            notes.append(
                f'{share:g} % of the labels show {listed} of the {whole} classes.'
            )
    return notes
