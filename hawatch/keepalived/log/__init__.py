"""What keepalived says of itself, in its log and through its notify FIFO: lines to records. Words, never proof."""
