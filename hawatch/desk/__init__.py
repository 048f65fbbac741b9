"""The on-call desk: what both agents keep of their incidents, and how it changes; pure."""
