"""Recipes: named, cited ways to train, each a function that returns a `TrainConfig`.

`fast` is the default and this project's own; `stander2024` and `wu2024` are the published ones, for comparison. Every
field of `TrainConfig` can be overridden by name; sizes that depend on the group follow rules stated here.
"""
