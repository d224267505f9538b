"""What a trained model does to segments that it never saw."""
