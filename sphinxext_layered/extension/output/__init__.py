"""What is put on the page in the place of the placeholders: pictures, tables of layers, links."""
