"""What all stages stand on: it decides no result, so no stage depends on it."""
