"""The strong lens finding challenges' folders, files and tables, read and written as they are; knows no project and no network."""
