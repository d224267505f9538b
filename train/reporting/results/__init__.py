"""Results files as types: one module for each command that writes them."""
