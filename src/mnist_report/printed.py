"""Settings of the paper that are measured with whatever `params.yaml` says."""

#: What the search found (cell 19), and with what the final machine is fitted (cell 20).
FOUND_C, FOUND_GAMMA = 10.0, 0.01
