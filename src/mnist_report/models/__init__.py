"""The models of the paper: PCA, support vector machines and neural networks."""
