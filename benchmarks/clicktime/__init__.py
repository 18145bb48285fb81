"""What tap-clicktime is measured beside, and what all of them ask for."""
