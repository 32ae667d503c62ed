"""Messages that go to mmengine's current logger."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.logging import MMLogger


@contextmanager
def logged_messages(level: int) -> Iterator[list[str]]:
    """Collect the messages of a level and above in this process.

    Args:
        level (int): Such as ``logging.WARNING``.

    Yields:
        list[str]: It grows while messages are logged.
    """
    messages: list[str] = []
    handler = logging.Handler(level)
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    try:
        yield messages
    finally:
        logger.removeHandler(handler)
