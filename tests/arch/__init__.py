"""Ratchets: what the design says of the tree, held by tests."""
