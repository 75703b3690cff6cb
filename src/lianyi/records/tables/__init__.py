"""Every statement records sends to the database, by subject. Private to this package."""
