"""Records: row types, JSON Schema, decoding and encoding; knows nothing of HTTP and state."""
