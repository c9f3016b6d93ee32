"""The readers of files and arrays, one a format."""
