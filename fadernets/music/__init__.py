"""Music as the models take it: notes, pieces, segments, tokens, labels; MIDI files in and out."""
