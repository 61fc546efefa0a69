"""What the papers print: every number once, with its place."""
