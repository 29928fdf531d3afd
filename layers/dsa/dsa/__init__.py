"""What the EU Digital Services Act asks for: codes, statements of reasons, the yearly report."""
