"""Tables: what a study and its runs come to, read from the store."""
