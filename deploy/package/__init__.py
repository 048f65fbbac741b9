"""What every package of hawatch holds, laid out below a directory; deploy/debian makes a package of it."""
