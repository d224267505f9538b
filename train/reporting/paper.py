"""What the paper reports (Tan and Herremans, ISMIR 2020), to stand beside what is measured here."""

from __future__ import annotations

# Table 1: consistency, restrictiveness, linearity, each for rhythm before note.
PAPER = {
    "Vanilla VAE": (0.4367, 0.3490, 0.6645, 0.6481, 0.7805, 0.8255),
    "GM-VAE": (0.5096, 0.4207, 0.6603, 0.6457, 0.7580, 0.7792),
    "Pati et al.": (0.4625, 0.5100, 0.6417, 0.5497, 0.7613, 0.8220),
    "CVAE": (0.2613, 0.4997, 0.6863, 0.7140, 0.4969, 0.3997),
    "Fader Networks": (0.2730, 0.4983, 0.6861, 0.7379, 0.5482, 0.4647),
    "GLSR": (0.1891, 0.1969, 0.6365, 0.7136, 0.2465, 0.1799),
}
SCORES = ("consistency", "restrictiveness", "linearity")
FADERS = RHYTHM, NOTE = ("rhythm", "note")
COLUMNS = tuple((score, fader) for score in SCORES for fader in FADERS)
NAMES = {  # of `fadernets.models`, in the order of Table 1
    "vanilla": "Vanilla VAE",
    "gmvae": "GM-VAE",
    "pati": "Pati et al.",
    "cvae": "CVAE",
    "fadernetworks": "Fader Networks",
    "glsr": "GLSR",
    "singlegmvae": "single-encoder GM-VAE",
}
GOAL = 0.90  # what a model of our own is to reach in every column
LISTENERS = {"high": 0.7041, "low": 0.925}  # share who heard a transfer as it was meant (5.2)
