"""Tables of sources and the large images they lie in, as objects to import; knows no project and no screen."""
