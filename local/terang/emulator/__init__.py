"""An emulator of AWS on loopback, and template.yaml deployed to it unchanged.

It may import nothing else of ours but the layers. Start with `stack`.
"""
