"""A page to play with: the trained models in the browser. README.md says how it is made."""
