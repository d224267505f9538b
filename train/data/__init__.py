"""The corpora, and segments prepared from them."""
