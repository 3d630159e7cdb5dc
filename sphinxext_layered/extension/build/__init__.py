"""From requests to pictures: the plan, the descriptions, the pictures, and warnings."""
