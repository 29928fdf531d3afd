"""Who somebody is: the sign-in at the issuer, the checks of its token, groups, and sessions.

Start with `sign_in`.
"""
