"""`python -m scripts.report FILE.duckdb [PAGE.html]`: the marts as one page that opens anywhere."""
