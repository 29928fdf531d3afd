"""One receipt of acme on 25 November, and the summary of that day."""

from unit.publish_world import World, live, sample_pack, sample_receipt

DAY = "summaries/acme/2026-11-25.json"


def world(public_url: str = "https://terang.example") -> World:
    """A world with one set, and one receipt of acme on 25 November."""
    made = World(public_url=public_url)
    digest = made.put_set(sample_pack())
    made.store.add(sample_receipt(by_rule={live(): 2}, set=digest))
    return made
