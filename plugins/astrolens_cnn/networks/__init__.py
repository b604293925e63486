"""One file a network, each readable on its own: the layers, where they come from, and nothing else."""
