"""Every statement people sends to the database, by subject. Private to this package."""
