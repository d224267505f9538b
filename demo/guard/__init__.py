"""What stands between strangers and the page: who may ask what, and what they are told."""
