"""Answers off the disk: a journal of JSON lines, copied to a dataset, replayed at start."""
