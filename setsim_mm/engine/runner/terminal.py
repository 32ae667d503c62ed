"""Limit what a run prints to the terminal; the log file is complete."""

import logging

# Starts of messages of hundreds of lines, which are for the log file only.
LONG = ('Config:\n', 'Hooks will be executed in the following order')
ENVIRONMENT = 'System environment:'
# Warnings of mmengine about names that its own hooks use.
ABOUT_MMENGINE = ('"FileClient" will be deprecated', '"HardDiskBackend" is the alias')


def is_for_terminal(record: logging.LogRecord) -> bool:
    """Return whether a message is short enough for the terminal."""
    text = record.getMessage()
    return not text.startswith(LONG) and ENVIRONMENT not in text[:100]


def is_for_users(record: logging.LogRecord) -> bool:
    """Return whether a message is of use for people who run a training."""
    return not record.getMessage().startswith(ABOUT_MMENGINE)


def shorten_terminal(logger: logging.Logger) -> None:
    """Print config, hooks and environment to the log file only.

    Args:
        logger (logging.Logger): The logger of a Runner.
    """
    logger.addFilter(is_for_users)
    for handler in logger.handlers:
        if not isinstance(handler, logging.FileHandler):
            handler.addFilter(is_for_terminal)
