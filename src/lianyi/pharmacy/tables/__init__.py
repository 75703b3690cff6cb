"""Every statement a pharmacy sends to the database, by subject. Private to this package."""
