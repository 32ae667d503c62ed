"""MkDocs hook: pages and links for files of the repository that are not below docs/.

Some pages live where GitHub and OpenMMLab look for them, such as CONTRIBUTING.md.
The site shows them as pages. Links to any other file lead to a copy of it.
"""

import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
# The name of a page in the site, and its file in the repository.
PAGES = {
    'changelog.md': 'CHANGELOG.md',
    'contributing.md': 'CONTRIBUTING.md',
    'examples.md': 'examples/README.md',
    'model_zoo.md': 'configs/selfsup/README.md',
    'security.md': 'SECURITY.md',
}
COPIES = 'repository'
LINK = re.compile(r'(?P<before>\]\(|src=")(?P<target>[^)"\s#]+)(?P<anchor>#[^)"\s]*)?')


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of ``PAGES`` to the site."""
    for page, source in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Rewrite the relative links of a page to their place in the site."""
    page_in_site = page.file.src_uri
    folder = PurePosixPath(PAGES.get(page_in_site, f'docs/{page_in_site}')).parent

    def rewrite(link: re.Match) -> str:
        target = link['target']
        if '://' in target or target.startswith('mailto:'):
            return link[0]
        source = os.path.normpath(folder / target)
        place = _place_in_site(source, config, files)
        place = os.path.relpath(place, os.path.dirname(page_in_site) or '.')
        return f'{link["before"]}{place}{link["anchor"] or ""}'

    return LINK.sub(rewrite, markdown)


def _place_in_site(source: str, config: MkDocsConfig, files: Files) -> str:
    """Return where the site has a file of the repository; copy it there if needed."""
    if source == 'README.md':
        return 'index.md'
    for page, file in PAGES.items():
        if file == source:
            return page
    if source.startswith('docs/') or not (ROOT / source).is_file():
        return source.removeprefix('docs/')
    # A browser shows a text, and would only download a program.
    place = f'{COPIES}/{source}' + ('.txt' if source.endswith('.py') else '')
    if files.get_file_from_path(place) is None:
        copy = File.generated(config, place, abs_src_path=str(ROOT / source))
        files.append(copy)
    return place
