"""Whether an arrangement is told from music: a discriminator of the training split."""
