"""HTTP: requests, retries, rate limits and error texts; knows nothing of records and state."""
