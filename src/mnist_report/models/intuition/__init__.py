"""Support vector machines on points in the plane."""
