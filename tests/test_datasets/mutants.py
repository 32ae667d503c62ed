"""Damaged and malicious variants of small files."""

import json
from io import BytesIO
from typing import Any

import numpy as np
from numpy.random import Generator
from PIL import Image

from .images import noise_image

SIZE = (24, 17)
# Numbers that headers hold where an image is hostile.
EXTREME = (0, 1, 127, 255, 13_000, 2**16 - 1, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
# Values that a manifest may not hold, some of them nearly right.
WRONG_VALUES = (
    *(None, True, False, -1, 0, 1, 2, 1.5, 10**18, 10**30, float('inf'), 'http'),
    *('tar', 'lmdb', '1', '../a', '/etc/passwd', [], {}, [1], {'a': 1}, 'x' * 10_000),
)


def image_contents() -> dict[str, bytes]:
    """Return one image in every supported format and in PIL's variants."""
    image, second = noise_image(0, SIZE), noise_image(1, SIZE)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, 'maker'
    deep = Image.fromarray(np.arange(408, dtype=np.uint16).reshape(17, 24) * 100)
    two = dict(save_all=True, append_images=[second])
    ways = {
        'jpeg': (image, 'JPEG', {}),
        'jpeg progressive': (image, 'JPEG', dict(progressive=True)),
        'jpeg grey': (image.convert('L'), 'JPEG', {}),
        'jpeg cmyk': (image.convert('CMYK'), 'JPEG', {}),
        'jpeg exif': (image, 'JPEG', dict(exif=exif)),
        'jpeg of two': (image, 'MPO', two),
        'png': (image, 'PNG', dict(exif=exif)),
        'png palette': (image.convert('P'), 'PNG', dict(transparency=3)),
        'png 16 bit': (deep, 'PNG', {}),
        'png 1 bit': (image.convert('1'), 'PNG', {}),
        'png animated': (image, 'PNG', two),
        'gif': (image, 'GIF', {}),
        'gif animated': (image, 'GIF', two),
        'bmp': (image, 'BMP', {}),
        'bmp palette': (image.convert('P'), 'BMP', {}),
        'tiff': (image, 'TIFF', {}),
        'tiff fax': (image.convert('1'), 'TIFF', dict(compression='group4')),
        'tiff tiles': (image, 'TIFF', dict(tiffinfo={322: 16, 323: 16})),
        'webp': (image, 'WEBP', {}),
        'webp lossless': (image, 'WEBP', dict(lossless=True)),
        'webp animated': (image, 'WEBP', two),
        'ppm': (image, 'PPM', {}),
        'pgm': (image.convert('L'), 'PPM', {}),
        'pbm': (image.convert('1'), 'PPM', {}),
    }
    for compression in ('tiff_lzw', 'jpeg', 'tiff_adobe_deflate', 'packbits'):
        ways[compression] = (image, 'TIFF', dict(compression=compression))
    contents = {}
    for name, (picture, kind, options) in ways.items():
        file = BytesIO()
        picture.save(file, kind, **options)
        contents[name] = file.getvalue()
    contents['ppm in text'] = b'P3 4 3 255\n' + b'7 99 200 ' * 12
    return contents


def mutant(rng: Generator, content: bytes, other: bytes) -> bytes:
    """Damage a file in one of seven ways."""
    data = bytearray(content)
    start, end = sorted(rng.integers(len(data) + 1, size=2))
    way = rng.integers(7)
    if way == 0:  # other bytes
        for at in rng.integers(len(data), size=rng.integers(1, 9)):
            data[at] = rng.integers(256)
    elif way == 1:  # cut off
        del data[start:]
    elif way == 2:  # bytes in between
        data[start:start] = rng.bytes(rng.integers(1, 33))
    elif way == 3:  # another number in the header
        at, size = rng.integers(min(len(data), 128)), 2 ** rng.integers(3)
        number = rng.choice(EXTREME) % 256**size
        data[at : at + size] = int(number).to_bytes(size, rng.choice(['little', 'big']))
    elif way == 4:  # another file behind it
        data += other
    elif way == 5:  # a part is missing
        del data[start:end]
    else:  # a part is there twice
        data[start:start] = data[start:end]
    return bytes(data)


def wrong_manifest(rng: Generator, content: bytes) -> bytes:
    """Replace one entry of a manifest by a malicious or nearly valid value."""
    values = json.loads(content)
    table: dict[str, Any] = values['files'] if rng.integers(2) else values
    key = rng.choice(list(table))
    value = WRONG_VALUES[rng.integers(len(WRONG_VALUES))]
    if rng.integers(4):
        table[key] = value
    else:  # the name is wrong
        table[str(value)] = table.pop(key)
    return json.dumps(values).encode()


def wrong_lines(rng: Generator, content: bytes, hostile: list[bytes]) -> bytes:
    """Insert a malicious line into a list, or replace a line or the end."""
    lines = content.splitlines(keepends=True)
    at = rng.integers(len(lines))
    line = hostile[rng.integers(len(hostile))]
    if rng.integers(2) and b'\t' in lines[at]:
        line = lines[at].split(b'\t')[0] + b'\t' + line
    lines[at] = line + b'\n'
    return b''.join(lines)
