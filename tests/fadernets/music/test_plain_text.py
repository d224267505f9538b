"""Names of files and tracks turn no words around them."""

from __future__ import annotations

import pytest

from fadernets.music import midi
from fadernets.music.midi import MidiError, parts_of
from fadernets.music.plain_text import plain_text
from tests.fadernets.music import midi_bytes as mb

TURNED = "Étude \u202e½"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (TURNED, "Étude ½"),
        ("a\nb", "a b"),
        ("\u200b\0 x \u2066", "x"),
        ("夜想曲", "夜想曲"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_left_out(text, plain):
    assert plain_text(text) == plain


def test_pieces_tracks_and_sentences_have_plain_names(tmp_path):
    path = tmp_path / f"{TURNED}.mid"
    path.write_bytes(mb.file(mb.track((0, mb.meta(3, TURNED.encode())), *mb.music())))
    piece = midi.read(path)
    assert piece.name == parts_of(path.read_bytes())[0].name == "Étude ½"
    assert midi.file_bytes(piece) == path.read_bytes()
    path.write_bytes(b"none")
    with pytest.raises(MidiError, match="^Étude ½.mid "):
        midi.read(path)
