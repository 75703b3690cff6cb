"""`python -m lianyi.cli`: how the supervisor starts its children, installed or not."""

from lianyi.cli.commands import main

main()
