"""SYNCHRO Perform's dataclips, imitated: two projects, every self-service clip, a custom one."""
