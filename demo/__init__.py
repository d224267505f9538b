"""The demo: faders for a piece of piano music, in the browser."""
