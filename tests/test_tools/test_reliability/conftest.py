"""The packages beside tools/reliability/attack.py and soak.py, as these import them."""

import sys

from tests.test_tools.training_helpers import REPO

sys.path.insert(0, str(REPO / 'tools' / 'reliability'))
