"""What tap-clockify is measured beside, and what all of them ask for."""
