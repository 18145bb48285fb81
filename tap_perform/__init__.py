"""tap-perform: SYNCHRO Perform's Dataclips as Singer streams."""
