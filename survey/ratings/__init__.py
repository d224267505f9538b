"""The ratings of a study as one tidy table, what its columns mean, who is left out."""
