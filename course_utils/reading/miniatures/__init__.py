"""One short experiment a file; each shows a piece of a paper of the list."""
