"""Labelled images that are ready for the probes."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from setsim_mm.datasets import load_rgb
from setsim_mm.evaluation.label_format import IGNORED
from setsim_mm.evaluation.label_images import LabelImages
from setsim_mm.transfer.labels.formats import CLASS_FOLDERS
from setsim_mm.transfer.labels.shapes import Shape, draw_label
from setsim_mm.utils import UserError

from .annotations import Annotations, values_in


@dataclass(frozen=True)
class Sample:
    """A labelled image.

    Args:
        name (str): Its name in the splits.
        image (str): The path of the image.
        label (int | str): The number of its class, or the path of its label image.
        present (frozenset[int]): The classes in it. Defaults to none.
        held_out (bool): Whether it must be held out. Defaults to False.
        shapes (tuple[Shape, ...]): Its objects. Defaults to none.
    """

    name: str
    image: str
    label: int | str
    present: frozenset[int] = frozenset()
    held_out: bool = False
    shapes: tuple[Shape, ...] = ()


@dataclass(frozen=True)
class LabelledSet:
    """Labelled images.

    Args:
        format (str): One of :mod:`~setsim_mm.transfer.labels.formats`.
        classes (tuple[str, ...]): The names of the classes.
        samples (tuple[Sample, ...]): The images.
        ignored (int): The value of pixels without a class. Defaults to 255.
    """

    format: str
    classes: tuple[str, ...]
    samples: tuple[Sample, ...]
    ignored: int = IGNORED

    @property
    def dense(self) -> bool:
        """Return True if pixels have classes."""
        return self.format != CLASS_FOLDERS


def build_labelled_set(annotations: Annotations, folder: Path) -> LabelledSet:
    """Check every image with its label, and draw label images of objects.

    Args:
        annotations (Annotations): The labels.
        folder (Path): The folder for label images: drawn ones, and links to others. It
            is created.

    Returns:
        LabelledSet: The labelled images.

    Raises:
        UserError: If an image or a label cannot be read, they differ in size, a label
            has an unknown value, or there is one class only.
    """
    build = _classified if annotations.format == CLASS_FOLDERS else _with_label_image
    samples = tuple(build(annotations, name, folder) for name in annotations.images)
    present = frozenset().union(*(sample.present for sample in samples))
    if len(present) < 2:
        shown = ', '.join(repr(annotations.classes[number]) for number in present)
        raise UserError(
            f'the {len(samples)} labelled images show only {shown or "no class"}, but '
            'a comparison needs two classes or more: label images of another one.'
        )
    return LabelledSet(
        annotations.format, annotations.classes, samples, annotations.ignored
    )


def _classified(annotations: Annotations, name: str, _: Path) -> Sample:
    annotation = annotations.images[name]
    load_rgb(str(annotation.image))  # raises an error if it cannot be read
    number = annotations.classes.index(annotation.label)
    return Sample(
        name,
        str(annotation.image),
        number,
        frozenset([number]),
        name in annotations.held_out,
    )


def _with_label_image(annotations: Annotations, name: str, folder: Path) -> Sample:
    annotation, classes = annotations.images[name], annotations.classes
    image, label = str(annotation.image), annotation.label
    file = folder / f'{name}.png'
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    if isinstance(label, Path):
        shapes = ()
        file.symlink_to(label.resolve())
    else:
        shapes = label
        numbers = {each: number for number, each in enumerate(classes)}
        drawn = draw_label(shapes, load_rgb(image).size, numbers)
        Image.fromarray(drawn).save(file)
    # Loading one item checks sizes and values.
    source = str(label) if isinstance(label, Path) else str(file)
    LabelImages([(image, source)], (8, 8), len(classes), annotations.ignored)[0]
    return Sample(
        name,
        image,
        str(file),
        frozenset(values_in(file, len(classes), annotations.ignored)),
        name in annotations.held_out,
        shapes,
    )
