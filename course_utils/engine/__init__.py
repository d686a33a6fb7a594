"""The simulation: SGD step by step as taught, the same steps in compiled blocks, how inputs are drawn, and OnlineSGD."""
