"""The documentation names files, sections and commands that exist."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from setsim_mm import version

REPO = Path(__file__).resolve().parents[1]
DOCS = REPO / 'docs'
PAGES = sorted(
    [
        *DOCS.rglob('*.md'),
        *REPO.glob('*.md'),
        REPO / 'configs/selfsup/README.md',
        REPO / 'examples/README.md',
    ]
)
# The changelog also names files of earlier versions.
PRESENT = [page for page in PAGES if page.name != 'CHANGELOG.md']
FOLDERS = 'configs|docs|examples|requirements|setsim_mm|tests|tools'
FILES = {
    path.relative_to(REPO).as_posix()
    for folder in FOLDERS.split('|')
    for path in (REPO / folder).rglob('*')
    if path.is_file()
}
# Files that a reader writes, and files of other projects.
FOREIGN = {
    'config.py',
    'my_matchers.py',
    'pascal_voc_evaluation.py',
    'voc_det.py',
}
of_every_page = pytest.mark.parametrize(
    'page', PRESENT, ids=lambda page: page.relative_to(REPO).as_posix()
)


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield file and section of the links of a page to files of the repository."""
    for target in re.findall(r'(?:\]\(|src=")([^)"\s]+)', page.read_text()):
        if not re.match(r'\w+:', target):
            path, _, section = target.partition('#')
            yield (page.parent / path if path else page), section


def sections(page: Path) -> set[str]:
    """Return the sections of a page as links name them."""
    text = re.sub(r'```.*?```', '', page.read_text(), flags=re.DOTALL)
    headings = re.findall(r'^#+ (.+)$', text, flags=re.MULTILINE)
    return {
        re.sub(r'[^\w\s-]', '', heading.lower()).strip().replace(' ', '-')
        for heading in headings
    }


def nav(entry: object) -> Iterator[str]:
    """Yield the pages of a part of mkdocs.yml's nav."""
    if isinstance(entry, str):
        yield entry
    else:
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from nav(part)


@pytest.mark.parametrize(
    'page', PAGES, ids=lambda page: page.relative_to(REPO).as_posix()
)
def test_links_lead_to_files_and_sections(page: Path):
    for target, section in links(page):
        assert target.exists(), target
        if section:
            assert section in sections(target), f'{target}#{section}'


@of_every_page
def test_named_paths_exist(page: Path):
    paths = re.findall(rf'(?<![\w./-])(?:{FOLDERS})/[\w./-]*\w/?', page.read_text())
    missing = [path for path in paths if not (REPO / path).exists()]
    # A prefix of several files: ablations/setsim_r50_200e_in100_*.py
    assert not [m for m in missing if not any(f.startswith(m) for f in FILES)]


@of_every_page
def test_named_programs_exist(page: Path):
    named = re.findall(r'`([\w/-]+\.(?:py|sh))`', page.read_text())
    named = [name for name in named if Path(name).name not in FOREIGN]
    # A name may be the end of a name: `setsim_..._delta01.py` to `delta09.py`
    assert not [name for name in named if not any(f.endswith(name) for f in FILES)]


@of_every_page
def test_make_has_the_named_targets(page: Path):
    targets = set(
        re.findall(r'^([a-z-]+):', (REPO / 'Makefile').read_text(), flags=re.MULTILINE)
    )
    named = re.findall(r'(?:`|^)make ([a-z][a-z-]*)', page.read_text(), re.MULTILINE)
    assert set(named) <= targets


def test_every_page_is_in_the_nav_once():
    settings = yaml.safe_load((REPO / 'mkdocs.yml').read_text())
    hook = ast.parse((REPO / settings['hooks'][0]).read_text())
    generated = next(
        ast.literal_eval(node.value)
        for node in hook.body
        if isinstance(node, ast.Assign) and node.targets[0].id == 'PAGES'
    )
    assert all((REPO / source).is_file() for source in generated.values())
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob('*.md')}
    assert sorted(nav(settings['nav'])) == sorted(pages | set(generated))


def test_changelog_and_citation_have_the_version():
    headings = re.findall(
        r'^## \[(\d[^]]*)\]', (REPO / 'CHANGELOG.md').read_text(), flags=re.MULTILINE
    )
    assert headings[0] == version.__version__
    citation = yaml.safe_load((REPO / 'CITATION.cff').read_text())
    assert citation['version'] == version.__version__
