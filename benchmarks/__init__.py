"""paribus beside what people would run instead: a developer's tool, not part of the package.

The modules here run in `benchmarks/.venv`; those in `ours` in paribus' environment, those in `peers` alone, as scripts.
"""
