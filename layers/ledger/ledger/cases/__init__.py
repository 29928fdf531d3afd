"""Cases: what people do about a finding, a notice or an order.

A provider sends `messages`; `reading` checks one, `transitions` says what it may do to a case, and
`case` holds the entries that result. Pure. To add a type of message, start with `messages`.
"""
