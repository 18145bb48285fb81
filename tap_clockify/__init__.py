"""Singer tap for Clockify's REST API."""
