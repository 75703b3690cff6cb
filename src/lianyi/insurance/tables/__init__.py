"""Every statement insurance sends to the database, by subject. Private to this package."""
