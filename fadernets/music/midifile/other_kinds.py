"""What a file without a MIDI file's first bytes is instead, and how music in it becomes MIDI."""

from __future__ import annotations

SOUND = "but sound: take the MIDI file that it was made from, or have a program transcribe it"
SCORE = "but a score: export it as MIDI from the program that wrote it"
PICTURE = "but a picture or pages: have a program read the music in it and export that as MIDI"
ARCHIVE = "but a ZIP archive: unpack it; a compressed score is exported as MIDI"
PROJECT = "but a text: a project or score is exported as MIDI from the program that wrote it"
EMPTY = "but empty: save it or copy it once more"
CUT = "that can be read: it ends within its first bytes, so copy it once more"

# Offset and bytes there. An MPEG frame's head may be text in UTF-16, too, which begins with FF FE.
KINDS = (
    (SOUND, ((8, b"WAVE"), (8, b"AIFF"), (8, b"AIFC"), (0, b"ID3"), (0, b"fLaC"), (0, b"OggS"))),
    (SOUND, ((0, b"\xff\xfb"), (0, b"\xff\xf3"), (0, b"\xff\xf2"), (4, b"ftyp"))),
    (PICTURE, ((0, b"%PDF"), (0, b"\x89PNG"), (0, b"\xff\xd8\xff"), (0, b"GIF8"))),
    (ARCHIVE, ((0, b"PK\3\4"),)),
)
SCORES = (b"<score-partwise", b"<score-timewise", b"<museScore", b"<mei")
SEEN = 2000  # bytes of a text in which its first element is looked for


def advice(data: bytes) -> str:
    """What stands behind "is not a MIDI file": empty where nothing is known, else with a blank."""
    if not data:
        return f" {EMPTY}"
    if data[:4] == b"MThd":
        return f" {CUT}"
    for words, marks in KINDS:
        if any(data[at : at + len(mark)] == mark for at, mark in marks):
            return f" {words}"
    if any(mark in data[:SEEN] for mark in SCORES):
        return f" {SCORE}"
    return f" {PROJECT}" if data[:SEEN].lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<" else ""
