"""HTML pages, grouped by who reads them, and the ground they all stand on."""
