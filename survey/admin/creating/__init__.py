"""Pages that make studies of sounds of one's own, or of phrases, of any design."""
