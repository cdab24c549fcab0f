"""The identifiers, code lists and values that all services share."""
