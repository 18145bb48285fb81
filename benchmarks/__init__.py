"""Speed and memory of the taps beside what a user would pick instead, from one run."""
