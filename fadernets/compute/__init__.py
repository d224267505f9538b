"""How PyTorch's work is done faster: the same results, which no model knows of."""
