"""Labels of one's own images: read from four formats, drawn, and written as JSON."""
