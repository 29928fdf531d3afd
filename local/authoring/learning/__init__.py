"""Learns a scored pack from labelled posts: a readable list of weighted terms and signs.

It may import `rules`, `matcher` and the rooms of `authoring` before it; scikit-learn comes from an
environment of its own (`make learning`). Start with `learning.learn`. Nothing of this is deployed:
what decides a finding is the pack, and the matcher adds up its weights.
"""
