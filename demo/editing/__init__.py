"""A piece under the faders: what is asked of it, what becomes of it, how it sounds."""
