"""What `hawatch init` is made of: what it finds on the host, what it proposes, what it asks, what it writes."""
