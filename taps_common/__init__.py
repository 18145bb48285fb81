"""What at least two taps use: row types, HTTP, fetching ahead, streams, taps."""
