"""How a piece is played: faders beside those of its notes."""
