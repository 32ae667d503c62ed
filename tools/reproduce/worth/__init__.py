"""Is pre-training worth it? Starting points compared on one's own labelled images."""
