"""What is going on: one model of it, its figures, and the faces that show them."""
