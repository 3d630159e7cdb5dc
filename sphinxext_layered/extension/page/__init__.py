"""The directives of pages: options, requests, and placeholders in the doctree."""
