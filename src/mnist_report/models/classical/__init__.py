"""Principal components and support vector machines, by scikit-learn."""
