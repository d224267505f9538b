"""What is published of a study: its preregistration, a draft of its paper, an archive."""
