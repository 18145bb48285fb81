"""What tap-perform is measured beside, and what all of them ask for."""
