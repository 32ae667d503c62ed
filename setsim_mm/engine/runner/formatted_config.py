"""A config whose text is formatted once."""

from mmengine.config import Config

_texts: dict[str, str] = {}  # the text of the last config by its values


class FormattedOnce(Config):
    """Config that formats its text again only if a value has changed.

    mmengine formats a config six times at the start of a run and with each checkpoint,
    and yapf takes up to a second each time.
    """

    @classmethod
    def of(cls, cfg: Config) -> 'FormattedOnce':
        """Return a config with the same content."""
        other = cls()
        other.__setstate__(cfg.__getstate__())
        return other

    @property
    def pretty_text(self) -> str:
        """The config as Python code."""
        values = repr(self._cfg_dict)
        if values not in _texts:
            text = super().pretty_text
            _texts.clear()
            _texts[values] = text
        return _texts[values]
