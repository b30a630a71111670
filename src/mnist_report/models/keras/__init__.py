"""The two networks in Keras."""
