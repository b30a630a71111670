"""Pictures: every function takes arrays and returns a Matplotlib figure."""
