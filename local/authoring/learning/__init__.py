"""Learns a scored pack from labelled posts: a readable list of weighted terms and signs.

scipy comes from an environment of its own (`make learning`). Start with `learning.learn`.
Nothing of this is deployed: what decides a finding is the pack, and the matcher adds up its
weights.
"""
