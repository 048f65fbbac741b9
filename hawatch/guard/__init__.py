"""What is done when a guarded service fails: a state machine, the look before a VIP is given up, and what is told."""
