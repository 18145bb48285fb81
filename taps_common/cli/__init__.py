"""The command line: settings, the run, `--check`, `--reconcile`."""
