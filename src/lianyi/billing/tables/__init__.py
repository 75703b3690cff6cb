"""Every statement billing sends to the database, by subject. Private to this package."""
