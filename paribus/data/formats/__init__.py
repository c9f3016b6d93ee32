"""The readers of files and arrays, one per format."""
