"""Campaigns of people: how good each grader is, what they agree on, the order they see, and other tools' tables; knows no store and no window."""
