"""What a page asks for: the directives, their words, and the placeholders that they leave in the doctree."""
