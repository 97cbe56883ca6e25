"""From capture files to observations, however many: by reading them whole, or by DuckDB."""
