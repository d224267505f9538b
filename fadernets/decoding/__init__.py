"""Codes to event tokens, step by step, always a well-formed segment."""
