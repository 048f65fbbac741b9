"""How a provider of text messages is talked to over HTTP: requests, signatures, answers, webhooks; decides nothing."""
