"""The statistics of a listening test; one idea a file, methods in docs/statistics.md."""
