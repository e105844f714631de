"""Published results, one module a paper, named author-year."""
