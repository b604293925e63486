"""Campaigns of people: how good each grader is, what they agree on, their order, other tools' tables; knows no store."""
