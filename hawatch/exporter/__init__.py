"""Read-only views of one frozen Snapshot: metrics, status, the plugin's line, events, and the server they stand on."""
