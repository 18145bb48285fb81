"""A loader that parses no record: DuckDB reads the lines, and DuckDB or PostgreSQL keeps them."""
