"""Running things: lanes of threads, spawned children, devices; knows nothing of lenses, labels or windows."""
