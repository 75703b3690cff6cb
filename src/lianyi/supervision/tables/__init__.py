"""Every statement supervision sends to the database, by subject. Private to this package."""
