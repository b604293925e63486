"""Restored images: tiles, pairs to learn from, what was won and lost, FITS out; knows no network and no store."""
