"""The strong lens finding challenge on disk: its folders, file names and tables; knows no network and no window."""
