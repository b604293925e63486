"""Finding objects in large images: tiles, noise, joining, measures; knows no network and no store."""
