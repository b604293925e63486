"""Source catalogues: tables of any kind, their columns, and the cutouts that they name; knows no window and no label."""
