"""The command `lianyi`: how an installation is started, kept alive and looked after."""

from lianyi.cli.commands import main

__all__ = ["main"]
