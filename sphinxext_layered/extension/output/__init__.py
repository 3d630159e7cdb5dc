"""What replaces the placeholders: pictures, tables of layers, links."""
