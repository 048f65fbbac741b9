"""hawatch-helper: the only part with root, a small program on a socket.

A request is one line of JSON, {"verb": …}, and so is its answer: {"verb": …, "ok": true, …}, or with `ok` false the
reason as `error`. The verbs:

    config      keepalived.conf as a model, its passwords as keyed fingerprints; with "subscribe": true again whenever
                one of its files changes
    firewall    the rules that protocol 112 meets, as nft and iptables list them
    dump        keepalived's own data, without passwords: {"format": "json", "data": …}, or from one that was built
                without JSON {"format": "text", "stats": …, "data": …}
    act         {"name": …}: one of the commands that root has allowed in actions.toml
"""
