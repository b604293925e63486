"""Denoiser as a plugin of AstroLens."""
