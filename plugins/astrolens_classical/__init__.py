"""Lens finders without a network: what the challenge's other entries did, each a backend like any other."""
