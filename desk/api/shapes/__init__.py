"""What goes in and out of the API; times are RFC 3339 in UTC."""
