"""The report: what the paper printed, the templates, and how the two become documents."""
