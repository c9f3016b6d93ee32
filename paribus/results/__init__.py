"""What a study came to, read from the store: on one data set, and over all."""
