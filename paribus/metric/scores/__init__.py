"""One file a metric, whose record is called METRIC."""
