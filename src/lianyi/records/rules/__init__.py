"""What may enter the record, and which parts of it need more than a relation to be read. Pure."""
