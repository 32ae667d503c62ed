"""What accompanies the training loop."""
