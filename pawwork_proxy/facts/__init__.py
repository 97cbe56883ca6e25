"""What is known of the world: clients, servers, headers, error types, wordings."""
