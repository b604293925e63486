"""AstroLens: inspect, grade and classify strong gravitational lenses, and retrain on the grades."""

__version__ = "0.1.0"
