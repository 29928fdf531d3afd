"""The local stack: an emulator of AWS on loopback, with template.yaml deployed to it unchanged.

The room imports no other room and no layer. Start with `stack`, then `deploy` and `local_build`.
"""
