"""hawatch-helper: the only part with root, a small program on a socket.

A request is one line of JSON, {"verb": …}, and so is its answer: {"verb": …, "ok": true, …}, or with `ok` false the
reason as `error`. The verbs:

    config      keepalived.conf as a model, its passwords as keyed fingerprints; with "subscribe": true again whenever
                one of its files changes
    firewall    the rules that protocol 112 meets, as nft and iptables list them
    ipvs        {"table": …}: the kernel's virtual services with their real servers, and the sync daemons (Table of
                hawatch/kernel/ipvs.py); null where it has no ip_vs
    dump        keepalived's own data, without passwords: {"format": "json", "data": …}, or from one that was built
                without JSON {"format": "text", "stats": …, "data": …}
    actions     what root has allowed in actions.toml: {"abilities": […]}, each as hawatch.ability has it
    act         {"name": …, "id": …} and for some "vip": runs one of them, if its id was not begun before, and the time
                is not past "until" (epoch seconds, if given):
                {"again": false, "exit_code", "signal", "timed_out", "interrupted", "output", "problem"}; else what
                came of it then, with `again`. What is refused or could not be begun has `ok` false, and `busy` where
                it is worth another try
    power       {"name": …}: what the fence device behind an ability says of its node, and nothing is switched:
                {"target", "power": "on", "off" or "unknown", "problem": why it is unknown}
"""
