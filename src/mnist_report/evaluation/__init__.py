"""How well a model does: scores, tests and intervals."""
