"""What a trained network holds: its weights, and how it sees the test items."""
