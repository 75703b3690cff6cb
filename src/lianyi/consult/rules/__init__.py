"""What decides about online visits: who may have one, and what is an emergency. Pure."""
