"""tap-clicktime: ClickTime's OData v4 service as Singer streams."""
