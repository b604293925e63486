"""Detector as a plugin of AstroLens."""
