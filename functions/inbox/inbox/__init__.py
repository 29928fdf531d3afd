"""The function inbox: forms in which authors object, and anybody reports a post.

It knows no post and no text of one: it puts what people write into the queue of cases. `forms` has
the two pages. Start there.
"""
