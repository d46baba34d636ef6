"""Log lines to patterns and templates, redaction and correlation; pure: no I/O, no clock, no randomness."""
