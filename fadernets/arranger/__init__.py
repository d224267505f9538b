"""The arranger: new densities by changing as few of a segment's own notes as can be."""
