"""What must hold in figures: a group a module, a JSON line a figure, beside its limit or peer."""
