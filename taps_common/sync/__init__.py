"""Sync: streams, the engine that reads them, and the state."""
