"""The paper's figures and our own, from results files alone."""
