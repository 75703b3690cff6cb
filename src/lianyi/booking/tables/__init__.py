"""Every statement booking sends to the database, by subject. Private to this package."""
