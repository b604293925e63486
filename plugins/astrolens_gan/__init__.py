"""Enhancer and generator as a plugin of AstroLens."""
