"""Which fields of the requests may identify somebody, told from records alone."""
