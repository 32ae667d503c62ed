"""Tables as Markdown and CSV."""

from pathlib import Path
from typing import TYPE_CHECKING

from setsim_mm.utils.durable_files import write_text_whole

if TYPE_CHECKING:
    import pandas as pd


def markdown_of(title: str, shown: 'pd.DataFrame', legend: str) -> str:
    """Return a table as Markdown.

    Args:
        title (str): The heading above the table.
        shown (pd.DataFrame): Texts, which are written as they are, without the index.
        legend (str): The explanation below the table.

    Returns:
        str: Markdown.
    """
    # pandas would parse the numbers and write 56.0 as 56.
    text = shown.to_markdown(index=False, disable_numparse=True)
    return f'## {title}\n\n{text}\n\n{legend}\n'


def write_tables(path: Path, markdown: str, table: 'pd.DataFrame') -> tuple[Path, Path]:
    """Write a table as Markdown and as CSV.

    Args:
        path (Path): The path without a suffix. Its folder is created.
        markdown (str): From :func:`markdown_of`.
        table (pd.DataFrame): The unrounded values.

    Returns:
        tuple[Path, Path]: The Markdown file and the CSV file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    files = path.with_name(f'{path.name}.md'), path.with_name(f'{path.name}.csv')
    for file, text in zip(files, (markdown, table.to_csv()), strict=True):
        write_text_whole(file, text)
    return files
