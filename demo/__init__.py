"""The example region: built from a fixed seed, sent through the public APIs only."""
