"""The frame around the stages: it decides no result, so no stage depends on it."""
