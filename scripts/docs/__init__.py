"""The pages of `docs/` that are written from the code: see `scripts.docs.pages`."""
