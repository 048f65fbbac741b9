"""From phones and gateways to replies and receipts."""
