"""Network families, one file each, and what makes a family of a user's function. None imports torch."""
