"""From a text to what is compared of it: words, spelling, tags, grams, language, topic.

It may import `errors` and `review`. Start with `words`.
"""
