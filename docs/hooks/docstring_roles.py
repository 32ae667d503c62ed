"""MkDocs hook: roles of docstrings become links to the API reference.

Docstrings refer to each other as Sphinx does, such as ``:class:`Matcher```, and
mkdocstrings reads them as Markdown.
"""

import re

ROLE = re.compile(r':(?:attr|class|data|exc|func|meth|mod):<code>(~?)([\w.]+)</code>')


def on_page_content(html: str, **_: object) -> str:
    """Replace roles with references, which mkdocstrings resolves where it can."""

    def refer(role: re.Match) -> str:
        short, name = role.groups()
        text = name.rpartition('.')[2] if short else name
        return f'<autoref optional identifier="{name}"><code>{text}</code></autoref>'

    return ROLE.sub(refer, html)
