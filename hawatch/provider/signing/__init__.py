"""How providers want requests to be signed: one file for each scheme, each with what it adds to the headers."""
