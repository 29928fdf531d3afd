"""What Terang says to people, in each of its languages: sentences, counts, dates and numbers.

English is written in the code; `catalogues/<language>/<package>.po` holds the translations of one
package. It imports nothing else of Terang. Start with `of`, and for pages with `markup`.
"""

from phrases.phrases import LANGUAGES, NAMES, Phrases, of, to_translate

__all__ = ["LANGUAGES", "NAMES", "Phrases", "of", "to_translate"]
