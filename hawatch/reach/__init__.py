"""How monitoring tools are reached: a command file, an API over HTTP; what each edge asks of them is its own affair."""
