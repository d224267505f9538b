"""Making a study: music, segments, transfers, clips, rows."""
