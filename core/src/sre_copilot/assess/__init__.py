"""What surrounds an explanation: passages of runbooks, and models that put it into other words."""
