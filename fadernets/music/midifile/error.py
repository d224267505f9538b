"""What is raised where a MIDI file cannot be used."""


class MidiError(ValueError):
    """A MIDI file cannot be used; the message is one plain sentence that names it and says why."""
