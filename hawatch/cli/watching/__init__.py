"""The picture in a terminal: what it looks like (pure), which keys do what (pure), and the edges around that."""
