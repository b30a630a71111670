"""Long studies: measurements repeated over seeds and settings."""
