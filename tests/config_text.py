"""The text of a config, formatted once."""

from functools import cache

from mmengine.config import config
from yapf.yapflib import yapf_api


def format_each_text_once() -> None:
    """Remember what yapf makes of a text.

    mmengine formats the config of each run six times, which takes a third of the time
    of a run of a few steps.
    """
    format_code = yapf_api.FormatCode

    @cache
    def formatted(text: str, style: tuple[tuple[str, object], ...]) -> tuple[str, bool]:
        return format_code(text, style_config=dict(style))

    def format_text(text: str, style_config: dict[str, object]) -> tuple[str, bool]:
        return formatted(text, tuple(style_config.items()))

    # mmengine imports the name once, OneDL's mmengine at each call.
    config.FormatCode = yapf_api.FormatCode = format_text
