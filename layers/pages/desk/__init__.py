"""The desk: pages on which moderators decide, the same in the browser at home and on AWS.

`ports.Desk` declares what the pages read and write; each door brings an implementation and the
session of its moderators. Only `routes` knows Powertools. Start with `ports`, then `routes`.
"""
