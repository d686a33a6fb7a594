"""Online SGD: one step as taught, the same compiled in blocks, and inputs drawn at any d."""
