"""What moderators decided is read from a stack's journal and cases."""

from support.sample_messages import audit, complaint, decision, notice, outcome, second_review
from support.sample_posts import OTP, lines
from support.world import DAY, World

from authoring.term_candidates import SelectedBy, decided_posts
from ledger.cases import case_id, is_for_second_review
from ledger.keys import audit_file_key
from terang.cli.packs_learning import decisions_of_stack

DRAWN = next(
    f"d-{n}" for n in range(99) if is_for_second_review(case_id("decision", "acme", f"d-{n}"))
)
GROUND = {"ground": "illegal", "ground_text": "A provision"}


def test_findings_notices_and_audits_become_labels(world: World) -> None:
    """A reversed decision turns its label round, and a second review is another moderator."""
    world.scan(*world.take_in(lines(OTP, OTP, "a", "a")))
    first, second = world.open_findings()
    sample = b'{"post":"p2","rank":"00"}\n'
    world.objects.put(world.out, audit_file_key("acme", "2026-11"), sample)
    world.decide(decision(first, id=DRAWN),
                 second_review(decision=DRAWN, moderator="m-2", verdict="confirmed"),
                 decision(second, id="d-b"),
                 complaint(decision="d-b"),
                 outcome(),
                 audit(post="p2", opened_at="2026-11-25T12:20:00+00:00",
                       decided_at="2026-11-25T12:30:00+00:00"),
                 notice(post="p3", category="SCAMS_AND_FRAUD", keyword=..., finding=...),
                 decision(id="d-c", notice="n-1", findings=..., **GROUND))  # fmt: skip
    days = [DAY, "2026-11-26", "2026-11-27", "2026-11-28"]
    decisions = decisions_of_stack(world.store, "acme", days)
    posts = decided_posts(decisions.verdicts, decisions.later, "SCAMS_AND_FRAUD")
    labels = {post.post: (post.is_harmful, post.selection) for post in posts}
    finding = {name: found.post for name, found in decisions.findings.items()}
    assert labels == {finding[first]: (True, SelectedBy.RULE),
                      finding[second]: (False, SelectedBy.RULE), "p2": (False, SelectedBy.AUDIT),
                      "p3": (True, SelectedBy.NOTICE)}  # fmt: skip
    [confirmed] = [post for post in posts if post.post == finding[first]]
    assert confirmed.moderators == {"m-1", "m-2"}
