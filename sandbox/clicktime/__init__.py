"""ClickTime: a made-up company behind an OData v4 facade, and the rows each table should hold."""
