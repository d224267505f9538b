"""Phrases of MIDI files, changed by models: a table of sounds for any design."""
