"""Thousands of damaged and malicious files: an image, or a documented error.

They are read in a process of their own, which may take little more memory than it has,
so that a crash, a large allocation and a forbidden file opened are failures, too.
"""

import gc
import json
import os
import resource
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from mmengine.fileio import get_file_backend
from numpy.random import Generator

from setsim_mm.datasets import LoadRGBImage, UnlabeledImages, UnreadableImageError
from setsim_mm.datasets.packed import pack_images
from setsim_mm.utils import UserError

from .images import noise_image
from .mutants import image_contents, mutant, wrong_lines, wrong_manifest

MAX_PIXELS = 2**20
MEMORY = 64 * 2**20  # the largest images allowed, in several modes
counts = pytest.mark.parametrize(
    'count', [150, pytest.param(3000, marks=pytest.mark.slow)]
)


def outcomes(
    work: Callable[[Generator], str], count: int, forbidden: Path, memory: int = MEMORY
) -> Counter[str]:
    """Call a function many times in a child process; count its results.

    Args:
        work: Draws a file from the generator and reads it.
        count: How many times.
        forbidden: A folder in which no file may be opened.
        memory: Bytes of address space that the child may add.
    """
    context = get_context('fork')
    results, begun = context.SimpleQueue(), context.Value('i', -1)

    def run() -> None:
        pages = int(Path('/proc/self/statm').read_text().split()[0])
        limit = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        gc.freeze()  # mmengine collects garbage whenever it makes a data set
        opened = []
        sys.addaudithook(
            lambda event, args: event == 'open' and opened.append(str(args[0]))
        )
        found = Counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            # Shards stay open until nobody uses them.
            warnings.simplefilter('ignore', ResourceWarning)
            for number in range(count):
                begun.value = number
                try:
                    found[work(np.random.default_rng(number))] += 1
                except BaseException as error:
                    found[f'{number}: {type(error).__name__}: {error}'] += 1
        found.update(str(warning.message) for warning in caught)
        found.update(path for path in opened if path.startswith(str(forbidden)))
        results.put(found)

    child = context.Process(target=run)
    child.start()
    child.join()
    assert child.exitcode == 0, f'number {begun.value} ended the process'
    return results.get()


def read_image(path: Path, min_pixels: int | None = None) -> str:
    """Read a file as in training."""
    load = LoadRGBImage(min_pixels=min_pixels, max_pixels=MAX_PIXELS)
    try:
        results = load(dict(img_path=str(path)))
    except UnreadableImageError as error:
        return 'refused' if str(error).isprintable() else repr(str(error))
    shape, (height, width) = results['img'].shape, results['ori_shape']
    reductions = (1,) if min_pixels is None else (1, 2, 4, 8)
    possible = [(height // r, width // r, 3) for r in reductions]
    is_image = results['img'].dtype == np.uint8 and shape in possible
    return 'read' if is_image else f'{shape} of a file of {width} x {height}'


@counts
def test_mutants_of_images(tmp_path: Path, count: int) -> None:
    contents = list(image_contents().values())
    path = tmp_path / 'image.jpg'

    def work(rng: Generator) -> str:
        one, other = rng.integers(len(contents), size=2)
        path.write_bytes(mutant(rng, contents[one], contents[other]))
        return read_image(path, rng.choice([None, 30]))

    for content in contents:
        path.write_bytes(content)
        assert read_image(path) == 'read'
    found = outcomes(work, count, tmp_path / 'nothing')
    assert set(found) == {'read', 'refused'}
    assert min(found.values()) > count / 5


def read_data_set(data_root: Path, ann_file: str) -> str:
    """Read all images of a data set as in training."""
    try:
        dataset = UnlabeledImages(
            data_root=str(data_root),
            ann_file=ann_file,
            pipeline=[LoadRGBImage(max_pixels=MAX_PIXELS)],
            test_mode=True,
        )
    except (UserError, FileNotFoundError) as error:
        return 'refused' if str(error).isprintable() else repr(str(error))
    good = 0
    for index in range(len(dataset)):
        try:
            good += dataset[index]['img'].shape == (17, 24, 3)
        except UnreadableImageError:
            pass
    return 'read' if good == len(dataset) else 'read in part'


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """Four images with their list, and others in another folder."""
    for number, name in enumerate(['a b.jpg', 'n01/c.png', 'n01/d.jpg', 'n02/e.bmp']):
        for folder in ('plain', 'outside'):
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            noise_image(number, (24, 17)).save(path)
    os.mkfifo(tmp_path / 'plain/fifo.jpg')
    (tmp_path / 'plain/loop.jpg').symlink_to('loop.jpg')
    (tmp_path / 'plain/device.jpg').symlink_to('/dev/zero')
    lines = 'a b.jpg 0\nn01/c.png 1\nn01/d.jpg 1\nn02/e.bmp\n'
    (tmp_path / 'train.txt').write_text(lines)
    return tmp_path / 'plain'


def hostile_paths(outside: Path) -> list[bytes]:
    return [
        *(b'fifo.jpg 1', b'loop.jpg', b'device.jpg', b'n01', b'.', b'..', b'\0.jpg'),
        *(b'a' * 100_000, b'a' * 5000 + b'.jpg', b'\xff\xfe.jpg', b'\x1b[31m.jpg 1'),
        *(b'../outside/n01/c.png 1', b'n01/../../outside/n01/c.png', b'tar://a.jpg'),
        *(bytes(outside / 'n01/c.png'), b'http://127.0.0.1:9/a.jpg', b'a://b://c.jpg'),
    ]


@counts
def test_mutants_of_lists(plain: Path, count: int) -> None:
    content = (plain.parent / 'train.txt').read_bytes()
    outside = plain.parent / 'outside'
    path = plain.parent / 'mutant.txt'

    def work(rng: Generator) -> str:
        if rng.integers(2):
            path.write_bytes(mutant(rng, content, content))
        else:
            path.write_bytes(wrong_lines(rng, content, hostile_paths(outside)))
        return read_data_set(plain, str(path))

    assert read_data_set(plain, str(plain.parent / 'train.txt')) == 'read'
    found = outcomes(work, count, outside)
    assert set(found) == {'read', 'read in part', 'refused'}
    assert min(found.values()) > count / 20


def write_mutant(rng: Generator, form: str, packed: Path, contents: dict) -> None:
    """Damage one file of packed images, with or without a matching manifest."""
    contents = dict(contents)
    # LMDB trusts what it maps into memory: a hostile LMDB file can end the process.
    names = [name for name in contents if name != 'images.lmdb']
    name = rng.choice(names)
    outside = packed.parent / 'outside'
    if rng.integers(2) or name.endswith('.tar'):
        contents[name] = mutant(rng, contents[name], contents[rng.choice(names)])
    elif name == 'images.tsv':
        hostile = [
            *hostile_paths(outside),
            *(bytes(outside / '000000.tar?512+100'), b'../outside/000000.tar?512+100'),
            *(b'000000.tar?512+%d' % 10**18, b'000000.tar?-1+1', b'000000.tar?0+9'),
            *(b'../outside/images.lmdb', b'images.lmdb#', b'packed_images.json'),
        ]
        contents[name] = wrong_lines(rng, contents[name], hostile)
    else:
        contents[name] = wrong_manifest(rng, contents[name])
    if name != 'packed_images.json' and rng.integers(4):
        values = json.loads(contents['packed_images.json'])
        values['files'][name] = len(contents[name])
        contents['packed_images.json'] = json.dumps(values).encode()
    for name, content in contents.items():
        (packed / name).write_bytes(content)
    get_file_backend(f'{form}://', enable_singleton=True).close()


# LMDB takes 1 GiB of address space, though not of memory, for each file.
@pytest.mark.parametrize(('form', 'memory'), [('tar', MEMORY), ('lmdb', 2**31)])
@counts
def test_mutants_of_packed_images(
    plain: Path, form: str, memory: int, count: int
) -> None:
    packed = plain.parent / form
    pack_images(
        str(plain), str(packed), form, str(plain.parent / 'train.txt'), shard_size=1
    )
    outside = plain.parent / 'outside'
    contents = {path.name: path.read_bytes() for path in packed.iterdir()}
    for name, content in contents.items():
        (outside / name).write_bytes(content)

    def work(rng: Generator) -> str:
        write_mutant(rng, form, packed, contents)
        return read_data_set(packed, rng.choice(['', str(plain.parent / 'train.txt')]))

    assert read_data_set(packed, '') == 'read'
    found = outcomes(work, count, outside, memory)
    assert set(found) <= {'read', 'read in part', 'refused'}
    assert min(found['read'], found['refused']) > 0
