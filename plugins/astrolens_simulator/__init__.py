"""A simulator of strong lenses and their impostors; it must not know who reads its files."""
