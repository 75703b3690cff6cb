"""Pure decisions of terminology: dose arithmetic, checks of a drug, and how a result lies."""
