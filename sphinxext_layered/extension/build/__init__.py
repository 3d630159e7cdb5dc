"""What a build makes of what pages ask for: which pictures, from which descriptions, and what is to be warned of."""
