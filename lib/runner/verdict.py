"""Reproduced or not."""


def publish() -> list[str]:
    """Not yet."""
    return []
