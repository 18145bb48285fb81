"""Speed and memory of tap-clockify beside what a user would pick instead, from one run."""
