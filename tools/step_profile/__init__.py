"""Profile some training steps: the helpers of ``tools/train.py --profile``."""
