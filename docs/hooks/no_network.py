"""MkDocs hook: a warning for a page that would load something from the network."""

import logging
import re

from mkdocs.structure.pages import Page

LOGGER = logging.getLogger('mkdocs.hooks.no_network')
REQUEST = re.compile(r'<(?:iframe|img|link|script)\b[^>]*(?:href|src)="(?:https?:)?//')


def on_post_page(output: str, page: Page, **_: object) -> None:
    """Log a warning for each tag with a remote address; a strict build fails."""
    for tag in REQUEST.findall(output):
        LOGGER.warning('%s would load from the network: %s', page.file.src_uri, tag)
