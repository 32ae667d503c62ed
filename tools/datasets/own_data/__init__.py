"""From a folder of labelled images to a fine-tuning config (``convert.py``)."""
