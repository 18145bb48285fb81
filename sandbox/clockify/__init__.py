"""Clockify: a made-up account, the REST routes over it, and the rows each table should hold."""
