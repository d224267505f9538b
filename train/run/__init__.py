"""One training run: loop, log, resuming, several processes."""
