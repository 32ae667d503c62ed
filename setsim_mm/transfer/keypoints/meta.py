"""Meta information of key points: names, left and right, skeleton, sigmas."""

from collections import Counter
from collections.abc import Mapping

from setsim_mm.utils.errors import UserError

_LEFT, _RIGHT, _MIDDLE = (0, 128, 255), (255, 128, 0), (51, 204, 51)
_SIDES = ('eye', 'ear', 'shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle')
_NAMES = (
    'nose',
    *(f'{side}_{part}' for part in _SIDES for side in ('left', 'right')),
)
# Standard deviation of repeated annotations, relative to the object's scale
# (cocodataset.org, "Keypoint Evaluation"; pycocotools, Params.setKpParams).
_SIGMAS = dict(
    nose=0.026,
    eye=0.025,
    ear=0.035,
    shoulder=0.079,
    elbow=0.072,
    wrist=0.062,
    hip=0.107,
    knee=0.087,
    ankle=0.089,
)

# The metainfo of COCO's person key points. A data set of your own has the same keys.
COCO_PERSON = dict(
    classes=('person',),
    palette=[(220, 20, 60)],
    keypoints=_NAMES,
    flip_pairs=tuple((f'left_{part}', f'right_{part}') for part in _SIDES),
    # The order of the annotation files' field "skeleton".
    skeleton=(
        ('left_ankle', 'left_knee'),
        ('left_knee', 'left_hip'),
        ('right_ankle', 'right_knee'),
        ('right_knee', 'right_hip'),
        ('left_hip', 'right_hip'),
        ('left_shoulder', 'left_hip'),
        ('right_shoulder', 'right_hip'),
        ('left_shoulder', 'right_shoulder'),
        ('left_shoulder', 'left_elbow'),
        ('right_shoulder', 'right_elbow'),
        ('left_elbow', 'left_wrist'),
        ('right_elbow', 'right_wrist'),
        ('left_eye', 'right_eye'),
        ('nose', 'left_eye'),
        ('nose', 'right_eye'),
        ('left_eye', 'left_ear'),
        ('right_eye', 'right_ear'),
        ('left_ear', 'left_shoulder'),
        ('right_ear', 'right_shoulder'),
    ),
    sigmas=tuple(_SIGMAS[name.split('_')[-1]] for name in _NAMES),
    keypoint_palette=tuple(
        _LEFT if 'left' in name else _RIGHT if 'right' in name else _MIDDLE
        for name in _NAMES
    ),
)


def flip_indices(metainfo: Mapping) -> tuple[int, ...]:
    """Return where each key point of a mirrored image comes from.

    Args:
        metainfo (Mapping): With the names ``keypoints`` and ``flip_pairs``, the pairs
            of names that change places.

    Returns:
        tuple[int, ...]: For each key point, the index of the one that takes its place.

    Raises:
        UserError: If a pair names an unknown key point, or if a name is in two pairs,
            so that the result would be no permutation.

    Examples:
        >>> flip_indices(dict(keypoints=('nose', 'left_eye', 'right_eye'),
        ...                   flip_pairs=(('left_eye', 'right_eye'),)))
        (0, 2, 1)
    """
    places = keypoint_indices(metainfo)
    pairs = [tuple(pair) for pair in metainfo.get('flip_pairs', ())]
    for name, count in Counter(name for pair in pairs for name in pair).items():
        if name not in places:
            raise UserError(
                f'flip_pairs of the metainfo names {name!r}, which is not among its '
                f'keypoints ({", ".join(places)}): correct metainfo of the data set.'
            )
        if count > 1:
            raise UserError(
                f'flip_pairs of the metainfo names {name!r} {count} times, so that '
                'flipping is no permutation of the key points: name each at most once.'
            )
    flipped = list(range(len(places)))
    for one, other in pairs:
        flipped[places[one]], flipped[places[other]] = places[other], places[one]
    return tuple(flipped)


def keypoint_indices(metainfo: Mapping) -> dict[str, int]:
    """Return the index of each key point by its name."""
    return {name: index for index, name in enumerate(metainfo['keypoints'])}


def skeleton_links(metainfo: Mapping) -> list[tuple[int, int]]:
    """Return the links of the skeleton as pairs of indices."""
    places = keypoint_indices(metainfo)
    return [(places[one], places[other]) for one, other in metainfo['skeleton']]
