"""What people do about a finding, notice or order: messages, entries and the case that they make.

Pure: no clock, no AWS. It may import `records`. Start with `messages`, then `case`.
"""
