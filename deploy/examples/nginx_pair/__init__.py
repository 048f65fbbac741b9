"""`make example`: the files of deploy/examples/nginx-pair on real nodes, six events, and what each of them costs.

stage     two nodes with keepalived, nginx, agents and modems, two back ends, a client; all files as they are shipped
client    the program that asks for both names all the time, and writes down what came of every request
record    what the client lost in a span of time
words     what the agents said, blamed and told people in that span
event     an event as data: the deed, the way back, and what hawatch has to say of both
acts      the six events
play      one after the other, held against what was expected
lines     how it is printed

Times are CLOCK_MONOTONIC seconds: all namespaces share that clock.
"""
