"""Where the images come from: fetching, reading and scaling them."""
