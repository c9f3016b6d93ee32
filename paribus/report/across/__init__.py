"""Several data sets side by side: what a study found on each, never pooled."""
