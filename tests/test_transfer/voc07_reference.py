"""AP of VOC 2007 by detectron2's rules, in plain loops, without the package's code."""

from typing import NamedTuple


class Object(NamedTuple):
    """An object in VOC's XML: pixels are counted from 1, and the last is included."""

    label: int
    difficult: bool
    box: tuple[int, int, int, int]


class Detection(NamedTuple):
    """A detection of mmdet: VOC's coordinates minus 1."""

    label: int
    score: float
    box: tuple[float, float, float, float]


Image = tuple[list[Object], list[Detection]]


def reference_ap(images: list[Image], num_classes: int) -> tuple[float, float, float]:
    """Compute AP, AP50 and AP75 as fractions."""
    by_iou = {
        percent: sum(
            ap_of_class(images, label, percent / 100) for label in range(num_classes)
        )
        / num_classes
        for percent in range(50, 100, 5)
    }
    return sum(by_iou.values()) / 10, by_iou[50], by_iou[75]


def ap_of_class(images: list[Image], label: int, least_iou: float) -> float:
    truth = [[o for o in objects if o.label == label] for objects, _ in images]
    positives = sum(not o.difficult for objects in truth for o in objects)
    taken = [[False] * len(objects) for objects in truth]
    hits = misses = 0
    curve = []
    for image, box in sorted_lines(images, label):
        best, best_iou = None, -1.0
        for number, candidate in enumerate(truth[image]):
            overlap = iou(box, candidate.box)
            if overlap > best_iou:
                best, best_iou = number, overlap
        if not best_iou > least_iou:
            misses += 1
        elif not truth[image][best].difficult:
            if taken[image][best]:
                misses += 1
            else:
                hits += 1
                taken[image][best] = True
        if positives and hits + misses:
            curve.append((hits / positives, hits / (hits + misses)))
    total = 0.0
    for tenth in range(11):
        reached = [p for recall, p in curve if recall >= tenth * 0.1]
        total += max(reached, default=0.0) / 11
    return total


def sorted_lines(images: list[Image], label: int) -> list[tuple[int, list[float]]]:
    """Return the detections of a class by decreasing score, as lines of VOC's files."""
    lines = []
    for number, (_, detections) in enumerate(images):
        for found in detections:
            if found.label == label:
                # detectron2's boxes end where the last pixel ends, at x2 + 1 here.
                x1, y1, x2, y2 = (
                    found.box[0],
                    found.box[1],
                    *(end + 1 for end in found.box[2:]),
                )
                lines.append(
                    f'{number} {found.score:.3f} '
                    f'{x1 + 1:.1f} {y1 + 1:.1f} {x2:.1f} {y2:.1f}'
                )
    lines.sort(key=lambda line: -float(line.split()[1]))
    split = [line.split() for line in lines]
    return [(int(parts[0]), [float(x) for x in parts[2:]]) for parts in split]


def iou(box, other) -> float:
    width = min(box[2], other[2]) - max(box[0], other[0]) + 1
    height = min(box[3], other[3]) - max(box[1], other[1]) + 1
    shared = max(width, 0) * max(height, 0)
    areas = [(b[2] - b[0] + 1) * (b[3] - b[1] + 1) for b in (box, other)]
    return shared / (areas[0] + areas[1] - shared)
