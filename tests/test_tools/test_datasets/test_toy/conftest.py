"""The toy data of the tests of transfer."""

from tests.test_transfer.conftest import toy_data

__all__ = ['toy_data']
