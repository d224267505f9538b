"""Inside a MIDI file: its events, its notes, and how they change."""
