"""Clockify's published description beside what tap-clockify reads."""
