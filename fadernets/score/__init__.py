"""What faders and moods ask for over a piece: read, played, written into MIDI files."""
