"""Data that the program ships: bands, grading schemes, themes, icons; read through importlib.resources, never by path."""
