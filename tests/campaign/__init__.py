"""A campaign that grades the judge: random episodes on real pairs, and what hawatch said of them against what was so.

    episode.py    an episode: a pair and what is done to it; a frozen record, one line of text or JSON
    kinds.py      every kind of trouble: to which pairs it can be done, and what it cuts
    generate.py   seed and index → episode
    expected.py   trouble → the causes that ought to be named, and by whom; from the trouble alone
    record.py     what one episode gave: ground truth, and what the agents said
    score.py      record → errors
    verdicts.py   ground truth → the verdicts that may stand
    stage.py      lays out the lab of an episode
    differing.py  two configurations that differ
    doing.py      does a trouble to a lab
    watching.py   watches processes, and compares what each agent shows in status, metrics and plugin
    running.py    plays one episode
    account.py    an episode told in the order of time
    results.py    results on disk, so that a campaign goes on where it was
    table.py      the table

It knows what was done from having done it, and who held what when from the lab's own watchers; nothing of the
ground truth comes from hawatch.
"""
