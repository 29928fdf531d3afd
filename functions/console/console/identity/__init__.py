"""Who somebody is: the sign-in at the issuer, the checks of its token, groups, and sessions.

It may import `desk` and `ledger`. Start with `sign_in`.
"""
