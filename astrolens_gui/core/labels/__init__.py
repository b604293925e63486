"""What people and models said about objects: events, scores, schemes and their tables; knows no pixel and no window."""
