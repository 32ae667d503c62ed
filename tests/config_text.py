"""The text of a config, formatted once."""

from functools import cache

from mmengine.config import config


def format_each_text_once() -> None:
    """Remember what yapf makes of a text.

    mmengine formats the config of each run six times, which takes a third of the time
    of a run of a few steps.
    """
    format_code = config.FormatCode

    @cache
    def formatted(text: str, style: tuple[tuple[str, object], ...]) -> tuple[str, bool]:
        return format_code(text, style_config=dict(style))

    def format_text(text: str, style_config: dict[str, object]) -> tuple[str, bool]:
        return formatted(text, tuple(style_config.items()))

    config.FormatCode = format_text
