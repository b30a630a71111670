"""Images and labels: where they come from, how they are read, scaled and sampled."""
