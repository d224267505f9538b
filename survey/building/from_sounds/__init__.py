"""A study of sounds from anywhere: measured, arranged to trials, recorded."""
