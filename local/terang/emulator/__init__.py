"""The local stack: an emulator of AWS on loopback, with template.yaml deployed but for its alarms.

The room imports no other room and no layer. Start with `stack`, then `deploy` and `local_build`.
"""
