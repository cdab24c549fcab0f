"""The command-line program: starts the whole region, and what operators do with it."""
